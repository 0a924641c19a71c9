/* SPDX-License-Identifier: MIT */
/* A thread frees another's block and writes to its start before it hands it over. */
#include "fault.h"

static void *free_and_write(void *p) {
    free(p);
    if (is_faulty) {
        memset(hide(p), 'A', 8);
    }
    return NULL;
}

static void fault(size_t size) {
    char *p = take(size);
    in_thread(free_and_write, p);
    for (int i = 0; i < (size > 65536 ? 500 : 100000); i++) {
        free(hide(malloc(size)));
    }
}
