/* SPDX-License-Identifier: MIT */
/* A block is asked of a heap that was destroyed. */
#include "fault.h"

static void fault(size_t size) {
    void *heap = new_heap();
    (void)take_from(heap, size);
    if (is_faulty) {
        call_with("mi_heap_destroy", heap);
    }
    (void)take_from(heap, size);
}
