/* SPDX-License-Identifier: MIT */
/* A block grows by realloc, all of it written: there are never two copies of it (debug and secure,
   which move it so that old addresses are found out: never more than two, and not as long). */
#include "case.h"

int main(void) {
    struct rusage usage;
    begin();
    size_t final = times(192 * MIB, allowed(3, 1) * GIB), size = 64, base = resident();
    char *p = malloc(size);
    CHECK(p != NULL);
    memset(p, 1, size);
    while (size < final) {
        size_t more = size + size / 8 + 64;
        p = realloc(p, more);
        CHECK(p != NULL);
        CHECK(p[0] == 1 && p[size - 1] == 1);
        memset(p + size, 1, more - size);
        size = more;
    }
    getrusage(RUSAGE_SELF, &usage);
    size_t peak = (size_t)usage.ru_maxrss * KIB - base;
    if (peak > allowed(1, 2) * size + size / 8 + 4 * MIB)
        FAIL("peak of %zu MiB for a block of %zu", peak / MIB, size / MIB);
    free(p);
    if (resident() > base + size / 10 + 4 * MIB)
        FAIL("%zu MiB stay resident", (resident() - base) / MIB);
    return 0;
}
