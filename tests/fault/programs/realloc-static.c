/* SPDX-License-Identifier: MIT */
/* A static array is reallocated. */
#include "fault.h"

static void fault(size_t size) {
    static _Alignas(16) char array[64];
    char *p = hide(malloc(size)), *q = hide(array);
    say("P", q);
    free(hide(realloc(is_faulty ? q : p, 2 * size)));
}
