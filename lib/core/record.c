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

/* The counts of a record whose thread was cut off are made again from its lists, page by page and a
   portion at each look: the thread may have had gigabytes.  The record stays parked in between, and
   nobody else's; what lies before the cursor is right. */
enum { RECOUNT_PORTION = 256 }; /* free blocks, and at least a page */

/* Returns the number of free blocks. */
static uint32_t recount_page(struct heap *heap, struct page *page, bool is_in_queue) {
    uint32_t free_count = mip_page_list_length(page, page->local);
    if (page->state == PAGE_FULL) {
        if (free_count == 0 && !(mip_page_flags(page) & PAGE_SINGLE))
            page->until_event = 1;
        if (free_count == 0)
            return 0;
        mip_page_list_remove(mip_page_flags(page) & PAGE_MADE ? &heap->full_made : &heap->full,
                             page);
        page->state = PAGE_QUEUED;
        mip_page_queue(&heap->queue[page->bin], page);
    }
    page->until_event = page->carved - free_count;
    if (page->until_event > 0)
        return free_count;
    if (page->state == PAGE_CLOSED)
        mip_heap_release_page(heap, page);
    else if (is_in_queue) /* or it will be seen there */
        mip_heap_count_empty(heap, page, true);
    return free_count;
}

/* No page of the heap counts as empty any more. */
static void forget_empty(struct heap *heap) {
    mip_heap_add_empty(heap, -(ptrdiff_t)heap->empty_slices);
}

/* A heap's lists of pages, numbered: pages move from the first two to the others. */
enum { LIST_FULL, LIST_FULL_MADE, LIST_QUEUE };

static struct page_list *numbered_list(struct heap *heap, unsigned number) {
    if (number < LIST_QUEUE)
        return number == LIST_FULL ? &heap->full : &heap->full_made;
    return &heap->queue[number - LIST_QUEUE];
}

static void begin_list(struct thread *thread, struct heap *heap, unsigned number) {
    thread->recount_heap = heap;
    thread->recount_list = number;
    thread->recount_page = heap == NULL ? NULL : numbered_list(heap, number)->first;
}

static void begin_heap(struct thread *thread, struct heap *heap) {
    if (heap != NULL) {
        heap->punch_at = NULL;
        heap->visits = 0;
        forget_empty(heap);
    }
    begin_list(thread, heap, LIST_FULL);
}

static void begin_recount(struct thread *thread) {
    mip_store_relaxed(&thread->a_busy, 0);
    thread->in_deferred = thread->is_changing = false;
    thread->visits = 0;
    begin_heap(thread, &thread->heap);
}

/* The page, or when the list is at its end the list, after the one that was seen. */
static void go_on(struct thread *thread, struct page *next) {
    struct heap *heap = thread->recount_heap;
    unsigned number = thread->recount_list;
    thread->recount_page = next;
    if (next != NULL)
        return;
    if (number + 1 < LIST_QUEUE + BIN_COUNT)
        begin_list(thread, heap, number + 1);
    else
        begin_heap(thread, heap == &thread->heap ? thread->made : heap->next);
}

/* What the park of a living thread does. */
static void end_recount(struct thread *thread) {
    mip_store_relaxed(&thread->a_is_uncounted, false);
    mip_made_merge_all(thread);
    thread->needs_flush = true;
    mip_heap_settle(&thread->heap, false);
}

/* False: there is more to do. */
static bool recount(struct thread *thread, size_t portion) {
    if (thread->recount_heap == NULL)
        begin_recount(thread);
    size_t done = 0;
    while (thread->recount_heap != NULL && done < portion) {
        struct page *page = thread->recount_page, *next = NULL;
        if (page != NULL) {
            next = page->next;
            done += recount_page(thread->recount_heap, page, thread->recount_list >= LIST_QUEUE);
            done++;
        }
        go_on(thread, next);
    }
    if (thread->recount_heap != NULL)
        return false;
    end_recount(thread);
    return true;
}

static bool try_lock(struct thread *thread, size_t portion) {
    uint32_t expected = RECORD_PARKED;
    if (mip_load_relaxed(&thread->a_state) != RECORD_PARKED ||
        /* acquire: pairs with the releases below and in mip_thread_unlock */
        !mip_cas_acquire(&thread->a_state, &expected, RECORD_BUSY))
        return false;
    if (MIP_UNLIKELY(mip_load_relaxed(&thread->a_is_uncounted)) && !recount(thread, portion)) {
        mip_store_release(&thread->a_state, RECORD_PARKED);
        return false;
    }
    mip_sub_relaxed(&a_parked, 1);
    mip_stat_decrease(MIP_STAT_ABANDONED, 1);
    return true;
}

bool mip_thread_try_lock(struct thread *thread) {
    return try_lock(thread, RECOUNT_PORTION);
}

bool mip_thread_try_lock_counted(struct thread *thread) {
    return try_lock(thread, SIZE_MAX);
}

void mip_thread_unlock(struct thread *thread) {
    mip_add_relaxed(&a_parked, 1);
    mip_stat_increase(MIP_STAT_ABANDONED, 1);
    mip_store_release(&thread->a_state, RECORD_PARKED); /* pairs with mip_thread_try_lock */
}

void mip_thread_note_pages(struct thread *thread) {
    unsigned bin = 0;
    while (bin < BIN_COUNT && thread->heap.queue[bin].first == NULL)
        bin++;
    mip_store_relaxed(&thread->a_has_pages, bin < BIN_COUNT);
}

void mip_thread_return(struct thread *thread) {
    mip_heap_settle(&thread->heap, true);
    if (MIP_UNLIKELY(thread->heap.empty_slices != 0))
        forget_empty(&thread->heap); /* ended by a signal's handler while it counted */
    mip_thread_note_pages(thread);
    mip_thread_unlock(thread);
}

bool mip_thread_has_parked(void) {
    return mip_load_relaxed(&a_parked) != 0;
}

static struct thread *lock_any_parked(void) {
    if (!mip_thread_has_parked())
        return NULL;
    bool has_counted = false; /* a portion of one record: there may be thousands */
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record) {
        bool is_uncounted = mip_load_relaxed(&t->a_is_uncounted);
        if (is_uncounted && has_counted)
            continue;
        has_counted |= is_uncounted;
        if (mip_thread_try_lock(t))
            return t;
    }
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

/* The record of a thread that is no more becomes parked. */
static void park_dead(struct thread *thread) {
    mip_store_relaxed(&thread->a_is_uncounted, true);
    mip_stat_decrease(MIP_STAT_THREADS, 1);
    mip_thread_unlock(thread);
}

void mip_thread_fork_child(const struct thread *self, bool may_hold) {
    size_t parked = 0;
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record) {
        uint32_t state = mip_load_relaxed(&t->a_state);
        if (t == self)
            continue;
        if (state == RECORD_BUSY || (state == RECORD_ACTIVE && mip_load_relaxed(&t->a_busy) != 0))
            mip_thread_bury(t);
        else if (state == RECORD_ACTIVE)
            park_dead(t);
        parked += mip_load_relaxed(&t->a_state) == RECORD_PARKED;
    }
    if (may_hold) /* a change and the count of it are this thread's own to finish */
        return;
    /* Others may have been cut off between the two. */
    mip_store_relaxed(&a_parked, parked);
    mip_stat_set_current(MIP_STAT_ABANDONED, parked);
    mip_stat_set_current(MIP_STAT_THREADS, self != NULL);
}
