/* SPDX-License-Identifier: MIT */
/* A block of size 0, aligned to 256 bytes, is read. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(aligned_alloc(32 * size, 0));
    say("P", p);
    if (is_faulty && p != NULL) {
        holds(*hide(p) == 0);
    }
    free(p);
}
