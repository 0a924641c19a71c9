/* SPDX-License-Identifier: MIT */
/* A heap becomes the default of another thread than its own. */
#include "fault.h"

static void *use(void *heap) {
    call_with("mi_heap_set_default", heap);
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
