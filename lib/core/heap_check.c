/* SPDX-License-Identifier: MIT */
/* Floor 4, core: the invariants of heaps and of what a thread owns.  Part of the room heap. */
#include "../base/report.h"
#include "heap.h"
#include "pagemap.h"
#include "quarantine.h"

/* The list of the bin has blocks of its current page alone, which count as used there. */
static void check_list(const struct heap *heap, unsigned bin) {
    const struct page *page = heap->queue[bin].first;
    if (heap->list[bin] == NULL)
        return;
    MIP_ASSERT(page != NULL);
    MIP_ASSERT(mip_page_list_length(page, heap->list[bin]) <= mip_page_used(page));
}

/* The slices of its empty pages, when the list is that of a bin. */
static size_t check_pages(struct heap *heap, const struct page_list *list, unsigned bin) {
    size_t empty = 0;
    const struct page *before = NULL;
    for (struct page *page = list->first; page != NULL; before = page, page = page->next) {
        MIP_ASSERT(page->previous == before);
        MIP_ASSERT(mip_heap_of_page(page) == heap);
        MIP_ASSERT(mip_page_owner(page) == heap->thread);
        if (bin < BIN_COUNT)
            MIP_ASSERT(page->state == PAGE_QUEUED && page->bin == bin);
        else
            MIP_ASSERT(page->state == PAGE_FULL || page->state == PAGE_CLOSED);
        mip_page_check(page);
        empty += page->until_event == 0 ? mip_empty_slices(page) : 0;
    }
    MIP_ASSERT(list->last == before);
    return empty;
}

static void check_quarantine(const struct heap *heap) {
    const struct quarantine *quarantine = heap->quarantine;
    for (unsigned bin = 0; quarantine != NULL && bin < BIN_COUNT; bin++) {
        for (unsigned i = 0; i < WAITING_MAX; i++) {
            const struct waiting *waiting = &quarantine->waiting[bin][i];
            if (waiting->block == NULL)
                continue;
            struct page *page = mip_pagemap_find(waiting->block);
            MIP_ASSERT(page == waiting->page && page->bin == bin);
            MIP_ASSERT(mip_slot_state(mip_load_relaxed(
                           &page->slots[mip_page_slot_index(page, waiting->block)])) ==
                       SLOT_WAITING);
        }
    }
}

void mip_heap_check(struct heap *heap) {
    if (CHECK_LEVEL < 2)
        return;
    size_t empty = 0;
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        check_list(heap, bin);
        empty += check_pages(heap, &heap->queue[bin], bin);
    }
    MIP_ASSERT(empty == heap->empty_slices);
    check_pages(heap, &heap->full, BIN_COUNT);
    check_pages(heap, &heap->full_made, BIN_COUNT);
    check_quarantine(heap);
}

void mip_heap_check_parked(struct thread *thread) {
    if (CHECK_LEVEL < 2)
        return;
    MIP_ASSERT(thread->made == NULL && thread->visits == 0 && !thread->in_deferred);
    MIP_ASSERT(thread->batches_used == 0 || thread->needs_flush);
    mip_heap_check_thread(thread);
}

void mip_heap_check_thread(struct thread *thread) {
    if (CHECK_LEVEL < 2)
        return;
    mip_heap_check(&thread->heap);
    const struct heap *before = NULL;
    for (struct heap *heap = thread->made; heap != NULL; before = heap, heap = heap->next) {
        MIP_ASSERT(heap->is_made && heap->thread == thread && heap->previous == before);
        MIP_ASSERT(mip_load_relaxed(&heap->a_forward) == NULL);
        mip_heap_check(heap);
    }
    for (unsigned i = 0; i < BATCH_SETS; i++) {
        for (unsigned way = 0; way < BATCH_WAYS; way++) {
            const struct batch *batch = &thread->batch[i][way];
            MIP_ASSERT(batch->page == NULL || mip_pagemap_find(batch->head) == batch->page);
        }
    }
}
