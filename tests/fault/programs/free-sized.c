/* SPDX-License-Identifier: MIT */
/* A block is freed with another size. */
#include "fault.h"

void free_sized(void *p, size_t size) __attribute__((weak));

static void fault(size_t size) {
    char *p = take(size);
    if (free_sized == NULL) {
        _exit(6);
    }
    free_sized(p, is_faulty ? size + 1 : size);
}
