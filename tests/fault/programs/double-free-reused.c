/* SPDX-License-Identifier: MIT */
/* The block was given out again, and freed by its new user. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size), *q = NULL;
    free(p);
    for (int i = 0; q != p && i < (size > 65536 ? 2000 : 200000); i++) {
        q = hide(malloc(size));
        free(q);
    }
    if (is_faulty) {
        free(p);
    }
}
