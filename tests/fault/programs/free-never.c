/* SPDX-License-Identifier: MIT */
/* A neighbour that was never given out is freed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(malloc(size));
    /* Not what lies before the first block of a page, which is none. */
    char *q = (uintptr_t)p % 65536 >= 2 * 4608 ? p - 4608 : p + 4608;
    say("P", q);
    free(is_faulty ? hide(q) : p);
}
