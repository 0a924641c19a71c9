/* SPDX-License-Identifier: MIT */
/* New and freed memory hold the patterns of the debug library. */
#include "fault.h"

static bool is_all(const char *p, size_t size, unsigned char byte) {
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)p[i] != byte) {
            return false;
        }
    }
    return true;
}

static void fault(size_t size) {
    char *p = take(size);
    bool is_filled = is_all(p, size, 0xd0);
    memset(p, 'A', size);
    free(p);
    is_filled = is_filled && is_all(hide(p), size, 0xdf);
    char *q = hide(realloc(malloc(size), size + 4));
    is_filled = is_filled && is_all(q, size + 4, 0xd0);
    free(q);
    holds(is_filled);
}
