/* SPDX-License-Identifier: MIT */
/* A number that is no address is freed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide((void *)(uintptr_t)1);
    say("P", p);
    free(is_faulty ? p : malloc(size));
}
