/* SPDX-License-Identifier: MIT */
/* A block is freed twice in a row. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size);
    free(p);
    if (is_faulty) {
        free(p);
    }
}
