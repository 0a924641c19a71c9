/* SPDX-License-Identifier: MIT */
/* A block that another thread has freed is written to, and taken back. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size);
    free_in_thread(p);
    if (is_faulty) {
        memset(hide(p), 'A', size);
    }
    for (int i = 0; i < (size > 65536 ? 500 : 100000); i++) {
        free(hide(malloc(size)));
    }
}
