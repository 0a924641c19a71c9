/* SPDX-License-Identifier: MIT */
/* The byte 32 bytes behind the end of the block is changed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take_between(size);
    if (is_faulty) {
        p[size + 32] ^= 'A';
    }
    free(p);
}
