/* SPDX-License-Identifier: MIT */
/* Thousands of other calls lie between the two. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size);
    free(p);
    for (int i = 0; i < 5000; i++) {
        free(hide(malloc(size)));
    }
    if (is_faulty) {
        free(p);
    }
}
