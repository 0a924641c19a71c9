/* SPDX-License-Identifier: MIT */
/* A heap is destroyed by another thread than its own. */
#include "fault.h"

static void fault(size_t size) {
    call_elsewhere("mi_heap_destroy", size);
}
