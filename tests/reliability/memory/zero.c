/* SPDX-License-Identifier: MIT */
/* calloc of dirty memory, of every size and after memory was given back, is zero in every byte; so
   it is in threads that take over what others left. */
#include "case.h"

static void check(size_t size) {
    unsigned char *p = calloc(1, size);
    CHECK(p != NULL);
    for (size_t i = 0; i < size; i++)
        if (p[i] != 0)
            FAIL("byte %zu of a block of %zu is not zero", i, size);
    memset(p, 0xff, size);
    free(p);
}

static void *live(void *arg) {
    for (size_t size = 1; size < 2000; size += size / 16 + 1)
        for (int i = 0; i < 8; i++)
            check(size);
    for (size_t size = 2000; size < 3 * MIB; size += size / 4)
        check(size);
    return arg;
}

int main(void) {
    begin();
    for (size_t round = 0; round < times(2, 30); round++) {
        live(NULL);
        finish(start(live, NULL));
        malloc_trim(0);
        check(16 * MIB);
        check(16 * MIB);
    }
    return 0;
}
