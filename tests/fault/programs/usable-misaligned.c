/* SPDX-License-Identifier: MIT */
/* The size of a block is asked for, not at its start. */
#include "fault.h"

#include <malloc.h>

static void fault(size_t size) {
    char *p = hide(malloc(size)), *q = hide(p + 1);
    say("P", q);
    (void)malloc_usable_size(is_faulty ? q : p);
}
