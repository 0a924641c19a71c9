/* SPDX-License-Identifier: MIT */
/* A block of size 0 is accessed: write. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(0);
    (void)size;
    if (is_faulty) {
        *(volatile char *)p = 1;
    }
    free(p);
}
