/* SPDX-License-Identifier: MIT */
/* The byte at distance 8 before the block is changed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take_between(size);
    if (is_faulty) {
        p[-8] ^= 'A';
    }
    free(p);
}
