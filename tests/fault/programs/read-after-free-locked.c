/* SPDX-License-Identifier: MIT */
/* A block is locked in memory, freed by another thread, and read. */
#include "fault.h"

#include <sys/mman.h>

static void fault(size_t size) {
    char *p = take(size);
    memset(p, 'A', size);
    if (mlock(p, size) != 0) {
        munlock(p, size);
    }
    free_in_thread(p);
    if (is_faulty) {
        holds(*hide(p) == 'A');
    }
}
