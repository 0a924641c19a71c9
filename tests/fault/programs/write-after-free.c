/* SPDX-License-Identifier: MIT */
/* A freed block is written to, and given out again. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size);
    free(p);
    if (is_faulty) {
        memset(hide(p), 'A', size);
    }
    for (int i = 0; i < (size > 65536 ? 500 : 100000); i++) {
        free(hide(malloc(size)));
    }
}
