/* SPDX-License-Identifier: MIT */
/* An address is written where a free list could have its link. */
#include "fault.h"

static char target[4096];

static void fault(size_t size) {
    char *p = take(size), *q = target;
    free(p);
    if (is_faulty) {
        memcpy(hide(p), &q, sizeof q);
    }
    for (int i = 0; i < (size > 65536 ? 500 : 100000); i++) {
        q = hide(malloc(size));
        if (q >= target && q < target + sizeof target) {
            say("chosen", q);
            _exit(7);
        }
        free(q);
    }
}
