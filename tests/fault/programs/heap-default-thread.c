/* SPDX-License-Identifier: MIT */
/* A heap becomes the default of another thread than its own. */
#include "fault.h"

static void fault(size_t size) {
    call_elsewhere("mi_heap_set_default", size);
}
