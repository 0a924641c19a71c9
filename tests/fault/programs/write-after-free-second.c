/* SPDX-License-Identifier: MIT */
/* The second word of a block is written to that another thread has freed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size);
    free_in_thread(p);
    if (is_faulty) {
        memset(hide(p) + sizeof(void *), 'A', sizeof(void *));
    }
    for (int i = 0; i < 100000; i++) {
        free(hide(malloc(size)));
    }
}
