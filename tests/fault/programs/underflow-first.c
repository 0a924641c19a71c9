/* SPDX-License-Identifier: MIT */
/* A write before the first block of a page, which has none before it. */
#include "fault.h"

static void fault(size_t size) {
    enum { MOST = 40000, SLICE = 65536 };
    static char *block[MOST];
    size_t before = size <= 8 ? 32 : 4608, count = size <= 8 ? MOST : 2000;
    char *first = NULL;
    for (size_t i = 0; i < count && first == NULL; i++) {
        block[i] = hide(malloc(size));
        size_t at = (uintptr_t)block[i] % SLICE;
        /* Pages begin where slices do, and their blocks there or behind one that nobody has. */
        if (at == 0 || at == before) {
            first = block[i];
        }
    }
    say("P", first);
    if (is_faulty && first != NULL) {
        first[-1] ^= 'A';
    }
    free(first);
}
