/* SPDX-License-Identifier: MIT */
/* Another thread has freed the block. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size);
    free_in_thread(p);
    if (is_faulty) {
        free(p);
    }
}
