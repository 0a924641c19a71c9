/* SPDX-License-Identifier: MIT */
/* Blocks do not lie in the order in which they were asked for. */
#include "fault.h"

static void fault(size_t size) {
    int rising = 0, falling = 0;
    char *p = hide(malloc(size));
    for (int i = 0; i < 100; i++) {
        char *q = hide(malloc(size));
        rising += (uintptr_t)q > (uintptr_t)p;
        falling += (uintptr_t)q < (uintptr_t)p;
        p = q;
    }
    holds(rising > 10 && falling > 10);
}
