/* SPDX-License-Identifier: MIT */
/* A mapping of the program's own is reallocated. */
#include "fault.h"

#include <sys/mman.h>

static void fault(size_t size) {
    char *p = hide(malloc(size));
    char *q = hide(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    say("P", q);
    free(hide(realloc(is_faulty ? q : p, 2 * size)));
}
