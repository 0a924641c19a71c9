/* SPDX-License-Identifier: MIT */
/* Floor 4, core: the pages of a heap; see heap.h.  The caller is the thread that owns the heap, or
   holds the lock of its parked record. */
#include "heap.h"

#include "../base/report.h"
#include "../os/os.h"
#include "arena.h"
#include "strict.h"

enum { CANDIDATES = 4, MADE_PORTION = 8, SHORT_LIST = 16 };

static struct page_list *list_of(struct heap *heap, const struct page *page) {
    if (page->state == PAGE_QUEUED)
        return &heap->queue[page->bin];
    return mip_load_relaxed(&page->a_flags) & PAGE_MADE ? &heap->full_made : &heap->full;
}

void mip_heap_unqueue(struct heap *heap, struct page *page) {
    if (heap->punch_at == page && (heap->punch_at = page->previous) == NULL)
        heap->punch_bin++; /* the round has seen this class */
    mip_page_list_remove(&heap->queue[page->bin], page);
}

static void unlist(struct heap *heap, struct page *page) {
    if (page->state == PAGE_QUEUED)
        mip_heap_unqueue(heap, page);
    else
        mip_page_list_remove(list_of(heap, page), page);
}

void mip_heap_release_page(struct heap *heap, struct page *page) {
    unlist(heap, page);
    if (page->state == PAGE_QUEUED && page->until_event == 0)
        mip_heap_count_empty(heap, page, false);
    if (page->bin != BIN_NONE)
        mip_heap_count_slices(heap, page->bin, -(ptrdiff_t)page->slices);
    struct heap *named = mip_load_relaxed(&page->a_heap);
    mip_page_release(page);
    mip_heap_forget_page(named);
}

/* A first page, which is short, although the heap has come to hold others of its class. */
static bool is_outgrown(const struct heap *heap, const struct page *page) {
    return page->is_short && page->slices < heap->bin_slices[page->bin];
}

/* Of an empty page that counts for so many slices: is it kept?  A few are, or as many as the
   program misses; and each that does not count, of which there are few: a class goes on to another
   page when it has used one up. */
MIP_INLINE bool is_kept(const struct heap *heap, size_t counted) {
    return counted == 0 || heap->empty_slices <= EMPTY_MAX ||
           (!heap->is_made && mip_arena_may_keep());
}

/* The last used block of a queued page came back.  Empty pages are kept for a while, at the end
   of the queue, so that others fill up before them. */
static void page_empty(struct heap *heap, struct page *page) {
    MIP_ASSERT(heap->queue[page->bin].first != page || heap->list[page->bin] == NULL);
    size_t counted = mip_empty_slices(page);
    if (counted != 0)
        mip_heap_add_empty(heap, (ptrdiff_t)counted);
    page->stamp = heap->thread->ticks;
    bool is_punched = !SLOTS && page->holes != NULL; /* little of it is resident */
    if (is_outgrown(heap, page) || is_punched || !is_kept(heap, counted)) {
        mip_heap_release_page(heap, page);
    } else if (page->next != NULL) {
        mip_heap_unqueue(heap, page);
        mip_page_list_push_back(&heap->queue[page->bin], page);
    }
}

void mip_heap_release_empty(struct heap *heap, size_t slices) {
    unsigned bin = heap->release_bin;
    for (unsigned seen = 0; seen < BIN_COUNT && slices > 0 && heap->empty_slices > 0; seen++) {
        struct page *page = heap->queue[bin].last;
        while (slices > 0 && page != NULL && page->until_event == 0) {
            struct page *before = page->previous;
            size_t counted = mip_empty_slices(page);
            if (counted > 0)
                mip_heap_release_page(heap, page);
            slices -= mip_min(slices, counted);
            page = before;
        }
        bin = bin + 1 < BIN_COUNT ? bin + 1 : 0;
    }
    heap->release_bin = (uint8_t)bin;
}

/* `count` blocks of the page were put on its local list; adjusts the page's state. */
static void note_returned(struct page *page, uint32_t count) {
    struct heap *heap = mip_heap_of_page(page);
    if (page->state == PAGE_FULL) {
        mip_page_list_remove(list_of(heap, page), page);
        page->state = PAGE_QUEUED;
        page->until_event = page->capacity;
        mip_page_queue(&heap->queue[page->bin], page);
    }
    page->until_event -= count;
    if (page->until_event == 0 && page->state == PAGE_CLOSED)
        mip_heap_release_page(heap, page);
    else if (page->until_event == 0)
        page_empty(heap, page);
}

void mip_heap_close_page(struct heap *heap, struct page *page) {
    if (mip_page_flags(page) & PAGE_SINGLE)
        return;
    if (page->state == PAGE_QUEUED && page->until_event == 0) {
        mip_heap_release_page(heap, page);
        return;
    }
    unlist(heap, page);
    if (page->state == PAGE_FULL)
        page->until_event = page->capacity;
    page->state = PAGE_CLOSED;
    mip_page_list_push_front(list_of(heap, page), page);
}

void mip_page_event(struct page *page) {
    /* The count came down to 0 with the block on the list.  What follows is a slow path, and the
       fast free has no other. */
    struct heap *heap = mip_heap_of_page(page);
    struct thread *thread = heap->thread;
    mip_busy_enter(thread);
    if (page->state == PAGE_FULL)
        note_returned(page, 1);
    else if (page->state == PAGE_CLOSED)
        mip_heap_release_page(heap, page);
    else
        page_empty(heap, page);
    mip_busy_leave(thread);
}

void mip_heap_put(struct page *page, struct block *first, struct block *last, uint32_t count) {
    if (mip_page_flags(page) & PAGE_SINGLE) {
        mip_heap_release_page(mip_heap_of_page(page), page);
        return;
    }
    mip_link_set(page, last, page->local);
    page->local = first;
    note_returned(page, count);
}

/* Keep only the first blocks of a list that was taken from the page; the rest goes back. */
static void shorten(struct page *page, struct block *list, uint32_t count) {
    struct block *last = list;
    for (int i = 1; i < SHORT_LIST; i++) {
        struct block *next = mip_link_get(page, last);
        if (MIP_UNLIKELY(next == NULL))
            return; /* a signal's handler ended the owner between list and count: it is shorter */
        last = next;
    }
    page->local = mip_link_get(page, last);
    page->until_event -= count - SHORT_LIST;
    mip_link_set(page, last, NULL);
}

/* While messages wait, lists are short: a thread that allocates little must tick all the same, to
   take back what others freed for it. */
bool mip_heap_load(struct heap *heap, unsigned bin, struct page *page) {
    if (mip_page_flags(page) & PAGE_MADE) {
        uint32_t returned = mip_page_collect_remote(page);
        page->until_event -= returned;
        if (returned > 0 && page->until_event == 0)
            mip_heap_count_empty(heap, page, true);
    }
    if (page->until_event == 0)
        mip_heap_count_empty(heap, page, false);
    uint32_t count;
    heap->list_is_zero[bin] = 0;
    struct block *list = mip_page_take_local(page, &count);
    if (list == NULL) {
        list = mip_page_carve(page, &count);
        heap->list_is_zero[bin] = page->is_zero;
    }
    if (count > SHORT_LIST && mip_has_messages(heap->thread))
        shorten(page, list, count);
    mip_store_fence(); /* never on two lists at once, and counted as carved */
    heap->list[bin] = list;
    return list != NULL;
}

/* The current page has nothing left: put it aside, and bring the best of the next few to the
   front.  A page with one free block costs as much to load from as a page with many. */
static void retire_current(struct heap *heap, unsigned bin) {
    struct page_list *queue = &heap->queue[bin];
    struct page *page = queue->first;
    mip_heap_unqueue(heap, page);
    page->state = PAGE_FULL;
    page->until_event = 1;
    page->stamp = 0;
    mip_page_list_push_front(list_of(heap, page), page);
    /* The first of the next few that is worth loading from; else the best of them. */
    struct page *best = queue->first;
    int seen = 0;
    for (page = best; page != NULL && seen < CANDIDATES; page = page->next, seen++) {
        uint32_t left = page->capacity - page->until_event;
        if (left > best->capacity - best->until_event)
            best = page;
        if (left >= page->capacity / 8)
            break;
    }
    if (best != queue->first) {
        mip_heap_unqueue(heap, best);
        mip_page_list_push_front(queue, best);
    }
}

/* NULL: no memory for the record or the map; then the run is given back. */
static struct page *page_in_heap(struct heap *heap, unsigned bin, size_t block_size, char *start,
                                 size_t slices, unsigned arena, bool is_zero, unsigned flags) {
    if (heap->is_made)
        flags |= PAGE_MADE;
    struct page *page =
        mip_page_new(heap->thread, heap, bin, block_size, start, slices, arena, is_zero, flags);
    if (page == NULL) {
        if (flags & PAGE_MAPPED)
            mip_arena_unmap(start, bin == BIN_NONE ? slices : slices << SLICE_SHIFT);
        else
            mip_arena_give(arena, start, slices);
        return NULL;
    }
    heap->page_count++;
    if (bin != BIN_NONE) {
        page->is_short = slices < mip_bin_page_slices(bin, 1);
        mip_heap_count_slices(heap, bin, (ptrdiff_t)slices);
        mip_heap_count_empty(heap, page, true);
    }
    return page;
}

static struct page *new_page(struct heap *heap, unsigned bin) {
    unsigned arena = ARENA_NONE, flags = 0;
    bool is_zero = true;
    size_t size = mip_bin_size(bin);
    size_t slices = mip_bin_page_slices(bin, heap->bin_slices[bin]);
    if (SLOTS && bin == BIN_ZERO) {
        size = ZERO_STEP;
        slices = 1;
        flags = PAGE_MADE | PAGE_CLOSED_OFF;
    }
    /* Rather what lies idle here than what is not resident. */
    if (heap->empty_slices >= slices && !mip_arena_has_warm(slices))
        mip_heap_release_empty(heap, slices);
    char *start = mip_arena_take(slices, SLICE_SIZE, heap->arena, &arena, &is_zero);
    if (start == NULL) {
        slices = mip_bin_page_slices(bin, 0);
        start = mip_arena_take(slices, SLICE_SIZE, heap->arena, &arena, &is_zero);
    }
    if (start == NULL && heap->arena == 0) {
        start = mip_arena_map(slices << SLICE_SHIFT, SLICE_SIZE);
        is_zero = true;
        flags |= PAGE_MAPPED;
    }
    if (start == NULL)
        return NULL;
    struct page *page = page_in_heap(heap, bin, size, start, slices, arena, is_zero, flags);
    /* Only now: a run that is given back must be accessible. */
    if (page != NULL && (flags & PAGE_CLOSED_OFF))
        mip_os_protect(start, slices << SLICE_SHIFT);
    return page;
}

static bool load_first(struct heap *heap, unsigned bin) {
    struct page *page = heap->queue[bin].first;
    return page != NULL && mip_heap_load(heap, bin, page);
}

bool mip_heap_advance(struct heap *heap, unsigned bin) {
    while (heap->queue[bin].first != NULL) {
        retire_current(heap, bin);
        if (load_first(heap, bin))
            return true;
    }
    return false;
}

bool mip_heap_refill(struct heap *heap, unsigned bin) {
    if (load_first(heap, bin) || mip_heap_advance(heap, bin))
        return true;
    if (heap->full_made.first == NULL)
        return false;
    mip_heap_collect_made(heap, MADE_PORTION);
    return load_first(heap, bin);
}

bool mip_heap_add_page(struct heap *heap, unsigned bin, struct page *page) {
    if (page == NULL)
        page = new_page(heap, bin);
    if (page == NULL)
        return false;
    mip_page_list_push_front(&heap->queue[bin], page);
    return mip_heap_load(heap, bin, page);
}

void *mip_heap_malloc_single(struct heap *heap, size_t size, size_t alignment, bool *is_zero) {
    size_t block_size = mip_round_up(size, mip_os_info.page_size);
    if (block_size < size)
        return NULL;
    if (SLOTS && mip_strict_is_full && heap->arena == 0) {
        *is_zero = true;
        void *guarded = mip_heap_malloc_guarded(heap, block_size, alignment);
        if (guarded != NULL)
            return guarded;
    }
    block_size = mip_round_up(size + SLOTS, mip_os_info.page_size);
    alignment = mip_max(alignment, SLICE_SIZE);
    size_t length = mip_slices_of(block_size);
    unsigned arena = ARENA_NONE, flags = PAGE_SINGLE;
    size_t most = mip_arena_run_max();
    char *start = heap->arena != 0 || (length <= most && alignment >> SLICE_SHIFT <= most)
                      ? mip_arena_take(length, alignment, heap->arena, &arena, is_zero)
                      : mip_arena_take_requested(length, alignment, &arena, is_zero);
    if (start == NULL && heap->arena == 0) {
        start = mip_arena_map(block_size, alignment);
        *is_zero = true;
        length = block_size;
        flags |= PAGE_MAPPED;
    }
    if (start == NULL)
        return NULL;
    struct page *page =
        page_in_heap(heap, BIN_NONE, block_size, start, length, arena, *is_zero, flags);
    if (page == NULL)
        return NULL;
    mip_page_list_push_front(list_of(heap, page), page);
    return start;
}

/* Collect what others pushed on one page. */
void mip_heap_collect_page(struct page *page) {
    uint32_t count = mip_page_collect_remote(page);
    if (count == 0)
        return;
    if (mip_page_flags(page) & PAGE_SINGLE)
        mip_heap_release_page(mip_heap_of_page(page), page);
    else
        note_returned(page, count);
}

bool mip_heap_collect_made(struct heap *heap, size_t limit) {
    if (!heap->is_sweeping || limit == SIZE_MAX) {
        heap->is_sweeping = true;
        if (++heap->sweep == 0)
            heap->sweep = 1;
    }
    /* Seen pages are marked and go to the end; a page that becomes full carries no mark. */
    for (size_t i = 0; i < limit; i++) {
        struct page *page = heap->full_made.first;
        if (page == NULL || page->stamp == heap->sweep) {
            heap->is_sweeping = false;
            break;
        }
        page->stamp = heap->sweep;
        mip_page_list_remove(&heap->full_made, page);
        mip_page_list_push_back(&heap->full_made, page);
        mip_heap_collect_page(page);
    }
    for (unsigned bin = 0; limit == SIZE_MAX && bin < BIN_COUNT; bin++) {
        for (struct page *page = heap->queue[bin].first; page != NULL;) {
            struct page *next = page->next;
            if (mip_page_flags(page) & PAGE_MADE)
                mip_heap_collect_page(page);
            page = next;
        }
    }
    return heap->is_sweeping;
}
