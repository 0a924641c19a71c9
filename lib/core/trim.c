/* SPDX-License-Identifier: MIT */
/* Floor 4, core: what a heap lets go of: lists that are loaded and not used, pages that stay empty.
   The caller is the thread that owns the heap, or holds the lock of its parked record. */
#include "../base/options.h"
#include "arena.h"
#include "heap.h"
#include "holes.h"

/* Put what is left of the bin's list back on its page. */
static void unload(struct heap *heap, unsigned bin) {
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
        unload(heap, bin);
    else
        page->stamp = seen;
}

/* Has the page been empty for long enough to be let go? */
static bool is_stale(const struct heap *heap, const struct page *page) {
    enum { EMPTY_TICKS = 64, MISSED_TICKS = 1024 };
    uint32_t ticks = heap->thread->ticks - page->stamp;
    return ticks > MISSED_TICKS ||
           (ticks > EMPTY_TICKS && !mip_page_is_hardly_used(page) && !mip_arena_may_keep());
}

static void release_stale(struct heap *heap, struct page *page, bool force) {
    if (page->until_event == 0 && (force || is_stale(heap, page)))
        mip_heap_release_page(heap, page);
}

void mip_heap_trim(struct heap *heap, unsigned bin, bool force) {
    enum { LOOKS = 4 };
    if (heap->list[bin] != NULL)
        unload_idle(heap, bin);
    struct page *page = heap->queue[bin].last;
    for (int looks = 0; page != NULL && (force || looks < LOOKS); looks++) {
        struct page *before = page->previous;
        release_stale(heap, page, force);
        page = before;
    }
    if (heap->queue[bin].first != NULL) /* empty when it was unloaded, it has not moved */
        release_stale(heap, heap->queue[bin].first, force);
}

/* Is a round to punch due?  Rounds begin PUNCH_DELAYS purge delays apart, since this memory is
   dearer to take again than whole slices; but sooner when the heap has grown, since one began or
   since it had least: it shall not take more and keep that. */
static bool is_round_due(struct heap *heap, uint64_t now) {
    enum { PUNCH_DELAYS = 4, GROWN_LEAST = 64, GROWN_SHARE = 16 };
    size_t slices = heap->shared_slices, least = heap->punch_slices;
    uint64_t delay = (uint64_t)mip_option_get(MIP_OPTION_PURGE_DELAY);
    bool is_due = now - heap->punch_round >= PUNCH_DELAYS * delay ||
                  slices >= least + GROWN_LEAST + least / GROWN_SHARE;
    if (is_due)
        heap->punch_round = now;
    if (is_due || slices < least)
        heap->punch_slices = slices;
    return is_due;
}

/* The next class with pages behind its current one; a few are looked at, as most have none. */
static struct page *next_to_punch(struct heap *heap, uint64_t now) {
    enum { CLASSES = 8 };
    unsigned bin = heap->punch_bin, end = (unsigned)mip_min(bin + CLASSES, BIN_COUNT);
    while (bin < end && heap->queue[bin].first == heap->queue[bin].last)
        bin++;
    if (bin == BIN_COUNT) {
        if (is_round_due(heap, now))
            bin = mip_bin_of(HOLES_SIZE_LEAST);
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
        unload(heap, bin);
        mip_heap_trim(heap, bin, force);
    }
}
