/* SPDX-License-Identifier: MIT */
/* An address an OS page behind the start of the block is freed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(malloc(size)), *q = p + 4096;
    say("P", q);
    free(is_faulty ? hide(q) : p);
}
