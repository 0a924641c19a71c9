/* SPDX-License-Identifier: MIT */
/* The size of an array on the stack is asked for. */
#include "fault.h"

#include <malloc.h>

static void fault(size_t size) {
    _Alignas(16) char local[64];
    char *p = hide(local);
    say("P", p);
    (void)malloc_usable_size(is_faulty ? p : hide(malloc(size)));
}
