/* SPDX-License-Identifier: MIT */
/* An array on the stack is reallocated. */
#include "fault.h"

static void fault(size_t size) {
    _Alignas(16) char local[64];
    char *p = hide(local);
    say("P", p);
    free(hide(realloc(is_faulty ? p : hide(malloc(size)), 2 * size)));
}
