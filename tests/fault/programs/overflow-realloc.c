/* SPDX-License-Identifier: MIT */
/* A write past the end is found when the block grows. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take_between(size);
    if (is_faulty) {
        p[size] ^= 'A';
    }
    free(hide(realloc(p, 2 * size)));
}
