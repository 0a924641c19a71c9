/* SPDX-License-Identifier: MIT */
/* Floor 4, core: the end of a made heap whose blocks live on: its pages go to the backing heap. */
#include "../base/stats.h"
#include "arena.h"
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

static void close_list(struct heap *heap, struct page_list *list) {
    for (struct page *page = list->first; page != NULL;) {
        struct page *next = page->next;
        mip_heap_close_page(heap, page);
        page = next;
    }
}

/* The backing heap has no part in an exclusive arena: it keeps the pages, but takes no blocks. */
static void close_all(struct heap *heap) {
    close_list(heap, &heap->full);
    close_list(heap, &heap->full_made);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        close_list(heap, &heap->queue[bin]);
}

/* Everything of `from` becomes `to`'s; pages keep naming `from`, which forwards. */
static void merge(struct heap *to, struct heap *from) {
    mip_heap_settle(from, true);
    if (from->arena != 0 && mip_arena_is_exclusive(from->arena - 1))
        close_all(from);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        mip_page_queue_all(&to->queue[bin], &from->queue[bin]);
        mip_heap_count_slices(to, bin, from->bin_slices[bin]);
    }
    mip_page_list_append(&to->full, &from->full);
    /* Marks of another heap's sweep mean nothing here. */
    for (struct page *page = from->full_made.first; page != NULL; page = page->next)
        page->stamp = 0;
    mip_page_list_append(&to->full_made, &from->full_made);
    mip_store_relaxed(&from->a_forward, to);
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
