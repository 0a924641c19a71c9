/* SPDX-License-Identifier: MIT */
/* The byte a mebibyte behind the block is changed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size);
    if (is_faulty) {
        p[size + (1 << 20)] ^= 'A';
    }
    free(p);
}
