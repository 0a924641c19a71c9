/* SPDX-License-Identifier: MIT */
/* A block is asked of a heap that was destroyed. */
#include "fault.h"

static void fault(size_t size) {
    take_after("mi_heap_destroy", size);
}
