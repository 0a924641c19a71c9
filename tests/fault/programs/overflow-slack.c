/* SPDX-License-Identifier: MIT */
/* A write into what the block is longer by than what was asked for, far behind the end. */
#include "fault.h"

static void fault(size_t size) {
    size_t asked = size > 65536 ? size - 144 : size, distance = size > 65536 ? 80 : 200;
    char *p = take(asked);
    if (is_faulty) {
        p[asked + distance] ^= 'A';
    }
    free(p);
}
