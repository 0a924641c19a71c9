/* SPDX-License-Identifier: MIT */
/* The size at an address in the middle of a block is asked for. */
#include "fault.h"

#include <malloc.h>

static void fault(size_t size) {
    char *p = hide(malloc(size)), *q = p + size / 2;
    say("P", q);
    (void)malloc_usable_size(is_faulty ? hide(q) : p);
}
