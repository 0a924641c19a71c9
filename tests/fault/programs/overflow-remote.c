/* SPDX-License-Identifier: MIT */
/* A byte behind the end is changed, and another thread frees the block. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size);
    if (is_faulty) {
        p[size] ^= 'A';
    }
    free_in_thread(p);
}
