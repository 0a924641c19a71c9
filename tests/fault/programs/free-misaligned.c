/* SPDX-License-Identifier: MIT */
/* The address behind the block's is freed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(malloc(size)), *q = p + 1;
    say("P", q);
    free(is_faulty ? hide(q) : p);
}
