/* SPDX-License-Identifier: MIT */
/* The byte at distance 1 behind the block's last is changed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take_between(size);
    if (is_faulty) {
        p[size + 1 - 1] ^= 'A';
    }
    free(p);
}
