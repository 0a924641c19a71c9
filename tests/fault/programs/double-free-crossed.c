/* SPDX-License-Identifier: MIT */
/* The owner has freed the block, and another thread frees it. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size);
    free(p);
    if (is_faulty) {
        free_in_thread(hide(p));
    }
}
