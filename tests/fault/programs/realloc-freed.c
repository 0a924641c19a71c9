/* SPDX-License-Identifier: MIT */
/* A freed block is reallocated. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size);
    if (is_faulty) {
        free(p);
    }
    free(hide(realloc(p, 2 * size)));
}
