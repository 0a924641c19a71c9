/* SPDX-License-Identifier: MIT */
/* A mapping of the program's own is freed. */
#include "fault.h"

#include <sys/mman.h>

static void fault(size_t size) {
    char *p = hide(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    say("P", p);
    free(is_faulty ? p : malloc(size));
}
