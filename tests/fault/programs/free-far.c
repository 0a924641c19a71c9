/* SPDX-License-Identifier: MIT */
/* An address far behind the block is freed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(malloc(size)), *q = (char *)((uintptr_t)p + ((uintptr_t)1 << 30));
    say("P", q);
    free(is_faulty ? hide(q) : p);
}
