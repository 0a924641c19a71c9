/* SPDX-License-Identifier: MIT */
/* The size of a mapping of the program's own is asked for. */
#include "fault.h"

#include <malloc.h>
#include <sys/mman.h>

static void fault(size_t size) {
    char *p = hide(malloc(size));
    char *q = hide(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    say("P", q);
    (void)malloc_usable_size(is_faulty ? q : p);
}
