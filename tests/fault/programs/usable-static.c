/* SPDX-License-Identifier: MIT */
/* The size of a static array is asked for. */
#include "fault.h"

#include <malloc.h>

static void fault(size_t size) {
    static _Alignas(16) char array[64];
    char *p = hide(malloc(size)), *q = hide(array);
    say("P", q);
    (void)malloc_usable_size(is_faulty ? q : p);
}
