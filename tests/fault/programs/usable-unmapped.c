/* SPDX-License-Identifier: MIT */
/* The size at an address where there is nothing is asked for. */
#include "fault.h"

#include <malloc.h>

static void fault(size_t size) {
    char *p = hide(malloc(size));
    char *q = hide((char *)((uintptr_t)p + ((uintptr_t)1 << 30)));
    say("P", q);
    (void)malloc_usable_size(is_faulty ? q : p);
}
