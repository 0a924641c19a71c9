/* SPDX-License-Identifier: MIT */
/* A size that nobody has is refused. */
#include "fault.h"

static void fault(size_t size) {
    (void)size;
    holds(hide(malloc(SIZE_MAX - 1)) == NULL);
}
