/* SPDX-License-Identifier: MIT */
/* A write past the end of a block that was made smaller, in place or not. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(realloc(malloc(size), size - 1));
    say("P", p);
    if (is_faulty) {
        p[size - 1] ^= 'A';
    }
    free(p);
}
