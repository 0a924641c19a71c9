/* SPDX-License-Identifier: MIT */
/* An address in the middle of a block is reallocated. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(malloc(size)), *q = p + size / 2;
    say("P", q);
    free(hide(realloc(is_faulty ? hide(q) : p, 2 * size)));
}
