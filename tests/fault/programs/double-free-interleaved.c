/* SPDX-License-Identifier: MIT */
/* Another block is freed between the two. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size), *q = hide(malloc(size));
    free(p);
    free(q);
    if (is_faulty) {
        free(p);
    }
}
