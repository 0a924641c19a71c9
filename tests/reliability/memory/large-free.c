/* SPDX-License-Identifier: MIT */
/* A block of more than 4 GiB is allocated, touched here and there, grown, shrunk and freed: all
   that was resident comes back at once. */
#include "case.h"

int main(void) {
    if (sizeof(void *) < 8)
        SKIP("there are not so many addresses");
    begin();
    size_t base = resident(), size = 5 * GIB;
    for (int round = 0; round < 3; round++) {
        char *p = malloc(size);
        if (p == NULL)
            SKIP("no 5 GiB");
        for (size_t i = 0; i < size; i += 2 * MIB + 4096)
            p[i] = 1;
        size_t used = resident();
        /* Debug and secure copy it, unless it stays where it is. */
        if (!is_checking())
            p = realloc(p, size + GIB);
        CHECK(p != NULL);
        CHECK(p[0] == 1 && p[2 * (2 * MIB + 4096)] == 1);
        p = realloc(p, allowed(GIB, 3 * GIB));
        CHECK(p != NULL);
        CHECK(p[0] == 1);
        if (resident() > used + 8 * MIB)
            FAIL("shrinking takes %zu KiB", (resident() - used) / KIB);
        free(p);
        if (resident() > base + 8 * MIB)
            FAIL("%zu KiB stay resident", (resident() - base) / KIB);
    }
    return 0;
}
