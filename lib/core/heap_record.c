/* SPDX-License-Identifier: MIT */
/* Floor 4, core: the records of made heaps.  Type-stable: pages name them, and other threads follow
   where they forward to, after the heap has come to its end. */
#include <errno.h>
#include <string.h>

#include "../base/report.h"
#include "heap.h"
#include "meta.h"

static struct pool heap_pool = {.size = sizeof(struct heap)};

struct heap *mip_heap_record_take(void) {
    bool is_fresh;
    struct heap *heap = mip_pool_take(&heap_pool, &is_fresh);
    /* Other threads may still read where a former heap forwards to. */
    if (heap != NULL && !is_fresh) {
        memset(heap, 0, offsetof(struct heap, a_forward));
        /* release: pairs with the acquire in mip_heap_of */
        mip_store_release(&heap->a_forward, NULL);
    }
    return heap;
}

/* The record is no heap any more: a second end of it is seen for what it is. */
void mip_heap_record_give(struct heap *heap) {
    if (SLOTS)
        mip_quarantine_drop(heap);
    heap->is_made = false;
    heap->thread = NULL;
    mip_pool_give(&heap_pool, heap);
}

/* Where nothing is checked that would cost, it is never acted on. */
MIP_COLD void mip_heap_refuse(const char *function, const struct heap *heap) {
    if (CHECK_LEVEL > 0)
        mip_fatal("%s: the heap %p is not one of this thread", function, (const void *)heap);
    mip_error(EINVAL, "%s: the heap %p is not one of this thread", function, (const void *)heap);
}

void mip_heap_forget_page(struct heap *named) {
    named->page_count--;
    if (mip_load_relaxed(&named->a_forward) != NULL && named->page_count == 0)
        mip_heap_record_give(named);
}

void mip_heap_fork_child(void) {
    if (SLOTS)
        mip_quarantine_fork_child();
    mip_pool_fork_child(&heap_pool);
}
