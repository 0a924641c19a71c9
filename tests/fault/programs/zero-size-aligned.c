/* SPDX-License-Identifier: MIT */
/* An aligned block of size 0 is read. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(aligned_alloc(8 * size, 0));
    say("P", p);
    if (is_faulty) {
        holds(*hide(p) == 0);
    }
    free(p);
}
