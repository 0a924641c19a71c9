/* SPDX-License-Identifier: MIT */
/* Floor 4, core: what a heap lets go of: lists that are loaded and not used, pages that stay empty.
   The caller is the thread that owns the heap, or holds the lock of its parked record. */
#include "../base/options.h"
#include "arena.h"
#include "heap.h"
#include "holes.h"

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

/* Has the heap taken so much, since a round to punch began for that reason or since it had least,
   that another round is worth its while? */
static bool has_grown(struct heap *heap) {
    enum { GROWN_LEAST = 64, LOOKS_PER_SLICE = 4 };
    size_t slices = 0;
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        slices += heap->bin_slices[bin];
    bool grown = slices >= heap->punch_slices + GROWN_LEAST + heap->page_count / LOOKS_PER_SLICE;
    if (grown || slices < heap->punch_slices)
        heap->punch_slices = slices;
    return grown;
}

/* The next class with pages behind its current one; a few are looked at, as most have none.  Rounds
   over all classes begin PUNCH_DELAYS purge delays apart, since this memory is dearer to take again
   than whole slices; but as soon as the heap has grown: it shall not take more and keep that. */
static struct page *next_to_punch(struct heap *heap, uint64_t now) {
    enum { CLASSES = 8, PUNCH_DELAYS = 4 };
    unsigned bin = heap->punch_bin, end = (unsigned)mip_min(bin + CLASSES, BIN_COUNT);
    while (bin < end && heap->queue[bin].first == heap->queue[bin].last)
        bin++;
    if (bin == BIN_COUNT) {
        uint64_t delay = (uint64_t)mip_option_get(MIP_OPTION_PURGE_DELAY);
        if (has_grown(heap) || now - heap->punch_round >= PUNCH_DELAYS * delay) {
            heap->punch_round = now;
            bin = mip_bin_of(HOLES_SIZE_LEAST);
        }
        end = bin;
    }
    heap->punch_bin = (uint8_t)bin;
    return bin == end ? NULL : heap->queue[bin].last;
}

/* Stays: what is used has not changed since the last look, in the round before.  A page that was
   tried at this count is left alone. */
void mip_heap_punch(struct heap *heap, uint64_t now) {
    enum { LOOKS = 8 };
    if (heap->punch_at == NULL)
        heap->punch_at = next_to_punch(heap, now);
    for (int looks = 0; looks < LOOKS && heap->punch_at != NULL; looks++) {
        struct page *page = heap->punch_at;
        heap->punch_at = page->previous;
        if (page->previous == NULL) {
            heap->punch_bin++;
            return;
        }
        uint32_t used = page->until_event;
        if (used == 0 || page->stamp == ~used)
            continue;
        bool stays = page->stamp == used;
        page->stamp = stays ? ~used : used;
        if (stays && mip_holes_punch(page))
            return;
    }
}

void mip_heap_punch_all(struct heap *heap) {
    for (unsigned bin = mip_bin_of(HOLES_SIZE_LEAST); bin < BIN_COUNT; bin++)
        for (struct page *page = heap->queue[bin].first; page != NULL; page = page->next)
            mip_holes_punch(page);
}

void mip_heap_settle(struct heap *heap, bool force) {
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        if (SLOTS)
            mip_quarantine_flush(heap, bin);
        mip_heap_unload(heap, bin);
        mip_heap_trim(heap, bin, force);
    }
}
