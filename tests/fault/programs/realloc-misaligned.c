/* SPDX-License-Identifier: MIT */
/* An address that is no multiple of any alignment is reallocated. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(malloc(size)), *q = hide(p + 1);
    say("P", q);
    free(hide(realloc(is_faulty ? q : p, 2 * size)));
}
