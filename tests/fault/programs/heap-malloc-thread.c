/* SPDX-License-Identifier: MIT */
/* A block is asked of another thread's heap. */
#include "fault.h"

static void *use(void *heap) {
    (void)take_from(heap, 100);
    return NULL;
}

static void fault(size_t size) {
    void *heap = new_heap();
    (void)take_from(heap, size);
    if (is_faulty) {
        in_thread(use, heap);
    }
    use(heap);
}
