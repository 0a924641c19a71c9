/* SPDX-License-Identifier: MIT */
/* An address at which there is nothing is reallocated. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(malloc(size));
    char *q = hide((char *)((uintptr_t)p + ((uintptr_t)1 << 30)));
    say("P", q);
    free(hide(realloc(is_faulty ? q : p, 2 * size)));
}
