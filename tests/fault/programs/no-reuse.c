/* SPDX-License-Identifier: MIT */
/* The address of a freed block does not come back at once, also when a request for more than there
   is was refused in between. */
#include "fault.h"

static void fault(size_t size) {
    bool differs = true;
    for (int i = 0; i < 100; i++) {
        char *p = hide(malloc(size));
        free(p);
        if (i % 2 == 1)
            hide(malloc(PTRDIFF_MAX / 4));
        char *q = hide(malloc(size));
        differs = differs && p != q;
        free(q);
    }
    holds(differs);
}
