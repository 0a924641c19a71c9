/* SPDX-License-Identifier: MIT */
/* Floor 4, core: the end of a made heap whose blocks live on: its pages go to the backing heap. */
#include "../base/stats.h"
#include "fast.h"

void mip_made_unlink(struct heap *heap) {
    if (heap->previous != NULL)
        heap->previous->next = heap->next;
    else
        heap->thread->made = heap->next;
    if (heap->next != NULL)
        heap->next->previous = heap->previous;
    if (heap->thread->made_cursor == heap)
        heap->thread->made_cursor = heap->next;
    heap->next = heap->previous = NULL;
    if (heap->thread == mip_thread_self() && mip_tls_default() == heap)
        mip_tls_heap = (uintptr_t)&heap->thread->heap - (uintptr_t)&mip_root.empty_list;
    mip_stat_decrease(MIP_STAT_HEAPS, 1);
}

/* Everything of `from` becomes `to`'s; pages keep naming `from`, which forwards. */
static void merge(struct heap *to, struct heap *from) {
    mip_heap_settle(from, true);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        mip_page_list_append(&to->queue[bin], &from->queue[bin]);
        to->bin_slices[bin] += from->bin_slices[bin];
    }
    mip_page_list_append(&to->full, &from->full);
    /* Marks of another heap's sweep mean nothing here. */
    for (struct page *page = from->full_made.first; page != NULL; page = page->next)
        page->stamp = 0;
    mip_page_list_append(&to->full_made, &from->full_made);
    from->forward = to;
}

void mip_made_merge(struct heap *heap) {
    struct heap *backing = &heap->thread->heap;
    mip_made_unlink(heap);
    mip_heap_collect_made(heap, SIZE_MAX);
    merge(backing, heap);
    if (heap->page_count == 0)
        mip_heap_record_give(heap);
}

void mip_made_merge_all(struct thread *thread) {
    while (thread->made != NULL)
        mip_made_merge(thread->made);
}
