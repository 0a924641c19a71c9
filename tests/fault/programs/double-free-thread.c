/* SPDX-License-Identifier: MIT */
/* Another thread has freed the block. */
#include "fault.h"

static void *other(void *p) {
    free(p);
    return NULL;
}

static void fault(size_t size) {
    char *p = take(size);
    in_thread(other, p);
    if (is_faulty) {
        free(p);
    }
}
