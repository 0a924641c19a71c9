/* SPDX-License-Identifier: MIT */
/* A static array is freed. */
#include "fault.h"

static _Alignas(16) char array[64];

static void fault(size_t size) {
    char *p = hide(array);
    say("P", p);
    free(is_faulty ? p : malloc(size));
}
