/* SPDX-License-Identifier: MIT */
/* A heap is deleted twice. */
#include "fault.h"

static void fault(size_t size) {
    void *heap = new_heap();
    (void)take_from(heap, size);
    call_with("mi_heap_delete", heap);
    if (is_faulty) {
        call_with("mi_heap_delete", heap);
    }
}
