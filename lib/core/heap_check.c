/* SPDX-License-Identifier: MIT */
/* Floor 4, core: the invariants of a heap.  Part of the room heap. */
#include "../base/report.h"
#include "heap.h"

void mip_heap_check(struct heap *heap) {
    if (CHECK_LEVEL < 2)
        return;
    size_t empty = 0;
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        MIP_ASSERT(heap->list[bin] == NULL || heap->queue[bin].first != NULL);
        for (struct page *page = heap->queue[bin].first; page != NULL; page = page->next) {
            MIP_ASSERT(page->state == PAGE_QUEUED && page->bin == bin);
            MIP_ASSERT(mip_heap_of_page(page) == heap);
            mip_page_check(page);
            empty += page->until_event == 0 ? page->slices : 0;
        }
    }
    for (struct page *page = heap->full.first; page != NULL; page = page->next)
        mip_page_check(page);
    MIP_ASSERT(empty == heap->empty_slices);
}
