/* SPDX-License-Identifier: MIT */
/* A block is freed with another alignment. */
#include "fault.h"

void free_aligned_sized(void *p, size_t alignment, size_t size) __attribute__((weak));

static void fault(size_t size) {
    char *p = hide(aligned_alloc(64, size));
    say("P", p);
    if (free_aligned_sized == NULL) {
        _exit(6);
    }
    free_aligned_sized(p, is_faulty ? 32 : 64, size);
}
