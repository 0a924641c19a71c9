/* SPDX-License-Identifier: MIT */
/* A heap is destroyed by another thread than its own. */
#include "fault.h"

static void *use(void *heap) {
    call_with("mi_heap_destroy", heap);
    return NULL;
}

static void fault(size_t size) {
    void *heap = new_heap();
    (void)take_from(heap, size);
    if (is_faulty) {
        in_thread(use, heap);
    } else {
        use(heap);
    }
}
