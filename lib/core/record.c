/* SPDX-License-Identifier: MIT */
/* Floor 4, core: thread records, their states and locks; see heap.h.  Records are never unmapped
   and are all on one list that only grows, so that any thread may look at any record's state at any
   time. */
#include "../base/stats.h"
#include "fast.h"
#include "meta.h"

static struct thread first_record; /* in the library's own zero memory: small programs need no
                                      mapping for it */
static mip_flag a_first_is_taken;
static _Atomic(struct thread *) a_records;
static _Atomic(size_t) a_parked; /* records PARKED, roughly: a hint */

struct thread *mip_thread_first(void) {
    return mip_load_acquire(&a_records); /* acquire: pairs with the release in publish */
}

static void publish(struct thread *thread) {
    struct thread *head = mip_load_relaxed(&a_records);
    do {
        thread->next_record = head;
        /* release: pairs with the acquire in mip_thread_first */
    } while (!mip_cas_weak_release(&a_records, &head, thread));
}

static struct thread *record_new(uint32_t state) {
    struct thread *thread;
    if (!SLOTS && !mip_exchange_relaxed(&a_first_is_taken, true))
        thread = &first_record;
    else
        thread = mip_meta_alloc(sizeof(*thread));
    if (thread == NULL)
        return NULL;
    thread->heap.thread = thread;
    mip_store_relaxed(&thread->a_state, state);
    publish(thread);
    return thread;
}

static void recount_page(struct heap *heap, struct page *page) {
    uint32_t free_count = mip_page_list_length(page, page->local);
    if (page->state == PAGE_FULL) {
        if (free_count == 0 && !(mip_page_flags(page) & PAGE_SINGLE)) {
            page->until_event = 1;
            return;
        }
        if (free_count == 0)
            return;
        mip_page_list_remove(mip_page_flags(page) & PAGE_MADE ? &heap->full_made : &heap->full,
                             page);
        page->state = PAGE_QUEUED;
        mip_page_queue(&heap->queue[page->bin], page);
    }
    page->until_event = page->carved - free_count;
    if (page->state == PAGE_CLOSED && page->until_event == 0)
        mip_heap_release_page(heap, page);
}

static void recount_list(struct heap *heap, struct page_list *list) {
    struct page *page = list->first;
    while (page != NULL) {
        struct page *next = page->next;
        recount_page(heap, page);
        page = next;
    }
}

/* No page of the heap counts as empty any more. */
static void forget_empty(struct heap *heap) {
    mip_heap_add_empty(heap, -(ptrdiff_t)heap->empty_slices);
}

static void recount_heap(struct heap *heap) {
    heap->punch_at = NULL;
    recount_list(heap, &heap->full);
    recount_list(heap, &heap->full_made);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        recount_list(heap, &heap->queue[bin]);
    forget_empty(heap);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (struct page *page = heap->queue[bin].first; page != NULL; page = page->next)
            if (page->until_event == 0)
                mip_heap_count_empty(heap, page, true);
}

static void recount(struct thread *thread) {
    thread->needs_recount = false;
    mip_store_relaxed(&thread->a_busy, 0);
    thread->in_deferred = thread->is_changing = false;
    thread->visits = thread->heap.visits = 0;
    recount_heap(&thread->heap);
    for (struct heap *heap = thread->made; heap != NULL; heap = heap->next)
        recount_heap(heap);
    /* What the park of a living thread does. */
    mip_made_merge_all(thread);
    thread->needs_flush = true;
    mip_heap_settle(&thread->heap, false);
}

bool mip_thread_try_lock(struct thread *thread) {
    uint32_t expected = RECORD_PARKED;
    if (mip_load_relaxed(&thread->a_state) != RECORD_PARKED ||
        /* acquire: pairs with the release in mip_thread_return */
        !mip_cas_acquire(&thread->a_state, &expected, RECORD_BUSY))
        return false;
    mip_sub_relaxed(&a_parked, 1);
    mip_stat_decrease(MIP_STAT_ABANDONED, 1);
    if (MIP_UNLIKELY(thread->needs_recount))
        recount(thread);
    return true;
}

void mip_thread_unlock(struct thread *thread) {
    mip_add_relaxed(&a_parked, 1);
    mip_stat_increase(MIP_STAT_ABANDONED, 1);
    mip_store_release(&thread->a_state, RECORD_PARKED); /* pairs with mip_thread_try_lock */
}

static bool has_free_pages(const struct heap *heap) {
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        if (heap->queue[bin].first != NULL)
            return true;
    return false;
}

void mip_thread_return(struct thread *thread) {
    mip_heap_settle(&thread->heap, true);
    if (MIP_UNLIKELY(thread->heap.empty_slices != 0))
        forget_empty(&thread->heap); /* ended by a signal's handler while it counted */
    mip_store_relaxed(&thread->a_has_pages, has_free_pages(&thread->heap));
    mip_thread_unlock(thread);
}

bool mip_thread_has_parked(void) {
    return mip_load_relaxed(&a_parked) != 0;
}

static struct thread *lock_any_parked(void) {
    if (!mip_thread_has_parked())
        return NULL;
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record)
        if (mip_thread_try_lock(t))
            return t;
    return NULL;
}

struct thread *mip_thread_borrow(void) {
    struct thread *thread = lock_any_parked();
    return thread != NULL ? thread : record_new(RECORD_BUSY);
}

void mip_thread_bury(struct thread *thread) {
    enum { HEAPS_MOST = 1000 }; /* whatever the list has come to be */
    /* The heaps' own counts stay: the thread that forks, in a signal's handler, may have locked the
       record itself, and goes on with it. */
    mip_arena_note_empty(-(ptrdiff_t)thread->heap.empty_slices);
    struct heap *heap = thread->made;
    for (int i = 0; heap != NULL && i < HEAPS_MOST; i++, heap = heap->next)
        mip_arena_note_empty(-(ptrdiff_t)heap->empty_slices);
    if (mip_load_relaxed(&thread->a_state) == RECORD_ACTIVE)
        mip_stat_decrease(MIP_STAT_THREADS, 1);
    mip_store_relaxed(&thread->a_state, RECORD_DEAD);
}

void mip_thread_park_dead(struct thread *thread) {
    thread->needs_recount = true;
    mip_add_relaxed(&a_parked, 1);
    mip_stat_decrease(MIP_STAT_THREADS, 1);
    mip_stat_increase(MIP_STAT_ABANDONED, 1);
    mip_store_relaxed(&thread->a_state, RECORD_PARKED);
}
