/* SPDX-License-Identifier: MIT */
/* The size of a freed block is asked for. */
#include "fault.h"

#include <malloc.h>

static void fault(size_t size) {
    char *p = take(size);
    if (is_faulty) {
        free(p);
    }
    (void)malloc_usable_size(hide(p));
}
