/* SPDX-License-Identifier: MIT */
/* The byte at distance 32 before the block is changed, in a freed neighbour or its end. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take_between(size);
    for (int i = 1; i <= 2 && size <= 64 * 1024; i++) {
        free(taken_at((uintptr_t)p - (uintptr_t)i * taken.step));
    }
    if (is_faulty) {
        p[-32] ^= 'A';
    }
    free(p);
}
