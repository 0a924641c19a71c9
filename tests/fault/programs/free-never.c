/* SPDX-License-Identifier: MIT */
/* A neighbour that was never given out is freed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(malloc(size));
    char *q = (uintptr_t)p % 65536 >= 4608 ? p - 4608 : p + 4608;
    say("P", q);
    free(is_faulty ? hide(q) : p);
}
