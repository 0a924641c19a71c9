/* SPDX-License-Identifier: MIT */
/* A write to what a block was before it was made smaller in place. */
#include "fault.h"

static void fault(size_t size) {
    char *before = take(size);
    char *p = hide(realloc(before, size * 3 / 5));
    if (p != before) {
        status = 4;
    }
    if (is_faulty) {
        p[size * 3 / 4] ^= 'A';
    }
    free(p);
}
