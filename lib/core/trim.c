/* SPDX-License-Identifier: MIT */
/* Floor 4, core: what a heap lets go of: lists that are loaded and not used, pages that stay empty.
   The caller is the thread that owns the heap, or holds the lock of its parked record. */
#include "arena.h"
#include "heap.h"

void mip_heap_unload(struct heap *heap, unsigned bin) {
    struct page *page = heap->queue[bin].first;
    struct block *list = heap->list[bin];
    if (list != NULL) {
        uint32_t count = 1;
        struct block *last = list, *next;
        while ((next = mip_link_get(page, last)) != NULL) {
            last = next;
            count++;
        }
        heap->list[bin] = NULL;
        mip_store_fence();
        mip_page_put(page, list, last, count);
        if (page->until_event == 0) {
            mip_heap_count_empty(heap, page, true);
            page->stamp = heap->thread->ticks;
        }
    }
}

/* The loaded list of a class that nobody uses any more keeps its page from being seen to be empty.
   Idle: neither the list nor what is used has changed since the last look.  Long walks are left
   out: what is used bounds them. */
static void unload_idle(struct heap *heap, unsigned bin) {
    enum { USED_MAX = 4000 };
    struct page *page = heap->queue[bin].first;
    if (page->until_event > USED_MAX)
        return;
    uint32_t list = (uint32_t)((uintptr_t)heap->list[bin] >> GRANULE_SHIFT);
    uint32_t seen = list ^ page->until_event << 16;
    if (page->stamp == seen)
        mip_heap_unload(heap, bin);
    else
        page->stamp = seen;
}

void mip_heap_trim(struct heap *heap, unsigned bin, bool force) {
    enum { EMPTY_TICKS = 64, MISSED_TICKS = 1024, LOOKS = 4 };
    if (heap->list[bin] != NULL)
        unload_idle(heap, bin);
    struct page *page = heap->queue[bin].last;
    uint32_t ticks = !force && mip_arena_may_keep() ? MISSED_TICKS : EMPTY_TICKS;
    for (int looks = 0; page != NULL && (force || looks < LOOKS); looks++) {
        struct page *before = page->previous;
        if (page->until_event == 0 && (force || heap->thread->ticks - page->stamp > ticks))
            mip_heap_release_page(heap, page);
        page = before;
    }
}

void mip_heap_settle(struct heap *heap, bool force) {
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        if (SLOTS)
            mip_quarantine_flush(heap, bin);
        mip_heap_unload(heap, bin);
        mip_heap_trim(heap, bin, force);
    }
}
