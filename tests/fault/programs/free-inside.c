/* SPDX-License-Identifier: MIT */
/* An address in the middle of the block is freed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(malloc(size)), *q = p + size / 2;
    say("P", q);
    free(is_faulty ? hide(q) : p);
}
