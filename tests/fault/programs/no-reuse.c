/* SPDX-License-Identifier: MIT */
/* The address of a freed block does not come back at once. */
#include "fault.h"

static void fault(size_t size) {
    bool differs = true;
    for (int i = 0; i < 100; i++) {
        char *p = hide(malloc(size));
        free(p);
        char *q = hide(malloc(size));
        differs = differs && p != q;
        free(q);
    }
    holds(differs);
}
