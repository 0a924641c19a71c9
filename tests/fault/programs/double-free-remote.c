/* SPDX-License-Identifier: MIT */
/* Another thread frees the block twice. */
#include "fault.h"

static void *other(void *p) {
    free(p);
    if (is_faulty) {
        free(hide(p));
    }
    return NULL;
}

static void fault(size_t size) {
    in_thread(other, take(size));
}
