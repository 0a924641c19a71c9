/* SPDX-License-Identifier: MIT */
/* A block is locked in memory, freed by another thread, and read. */
#include "fault.h"

#include <sys/mman.h>

static void *other(void *p) {
    free(p);
    return NULL;
}

static void fault(size_t size) {
    char *p = take(size);
    memset(p, 'A', size);
    if (mlock(p, size) != 0) {
        munlock(p, size);
    }
    in_thread(other, p);
    if (is_faulty) {
        holds(*hide(p) == 'A');
    }
}
