/* SPDX-License-Identifier: MIT */
/* A write past the end of an aligned block. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(aligned_alloc(64, size));
    say("P", p);
    if (is_faulty) {
        p[size] ^= 'A';
    }
    free(p);
}
