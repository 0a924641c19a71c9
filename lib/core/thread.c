/* SPDX-License-Identifier: MIT */
/* Floor 4, core: thread records; see heap.h.  Records are never unmapped and are all on one list
   that only grows, so that any thread may look at any record's state at any time. */
#include <errno.h>

#include "../base/options.h"
#include "../base/report.h"
#include "../base/stats.h"
#include "../os/os.h"
#include "arena.h"
#include "fast.h"
#include "meta.h"

static struct thread first_record; /* in the library's own zero memory: small programs need no
                                      mapping for it */
static _Atomic(bool) a_first_is_taken;
static _Atomic(struct thread *) a_records;
static _Atomic(size_t) a_parked; /* records PARKED, roughly: a hint */
static _Atomic(bool) a_started;  /* the C library has started: thread keys may be made */

MIP_TLS uintptr_t mip_tls_heap;
MIP_TLS uintptr_t mip_tls_self;

struct thread *mip_thread_self(void) {
    return mip_tls_self > TLS_DONE ? (struct thread *)mip_tls_self : NULL;
}

bool mip_thread_is_done(void) {
    return mip_tls_self == TLS_DONE;
}

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
    if (!mip_exchange_relaxed(&a_first_is_taken, true))
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

bool mip_thread_try_lock(struct thread *thread) {
    uint32_t expected = RECORD_PARKED;
    if (mip_load_relaxed(&thread->a_state) != RECORD_PARKED ||
        /* acquire: pairs with the release in mip_thread_return */
        !mip_cas_acquire(&thread->a_state, &expected, RECORD_BUSY))
        return false;
    mip_sub_relaxed(&a_parked, 1);
    mip_stat_decrease(MIP_STAT_ABANDONED, 1);
    if (MIP_UNLIKELY(thread->needs_recount))
        mip_recount(thread);
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
    mip_store_relaxed(&thread->a_has_pages, has_free_pages(&thread->heap));
    mip_thread_unlock(thread);
}

static struct thread *lock_any_parked(void) {
    if (mip_load_relaxed(&a_parked) == 0)
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

static void park(struct thread *thread) {
    mip_busy_enter(thread);
    mip_made_merge_all(thread);
    mip_flush_batches(thread);
    mip_drain(thread, true);
    mip_heap_collect_made(&thread->heap, SIZE_MAX);
    mip_stat_decrease(MIP_STAT_THREADS, 1);
    mip_busy_leave(thread);
    mip_thread_return(thread);
}

/* The thread ends (the system calls this with what was armed). */
static void thread_ends(void *value) {
    if ((uintptr_t)value != mip_tls_self || mip_tls_self <= TLS_DONE)
        return;
    int saved = errno;
    mip_tls_heap = 0;
    mip_tls_self = TLS_DONE;
    park(value);
    errno = saved;
}

static void forget(struct thread *thread) {
    mip_tls_heap = 0;
    mip_tls_self = 0;
    park(thread);
}

static MIP_COLD struct thread *thread_start(void) {
    /* First of all: the page size and the rest must be known. */
    mip_os_init();
    struct thread *thread = lock_any_parked();
    if (thread == NULL)
        thread = record_new(RECORD_BUSY);
    if (thread == NULL)
        return NULL;
    mip_stat_increase(MIP_STAT_THREADS, 1);
    mip_tls_self = (uintptr_t)thread;
    mip_tls_heap = (uintptr_t)&thread->heap - (uintptr_t)&mip_root.empty_list;
    /* Only now: in the child of a fork that a signal handler makes here, an active record that is
       not known as the thread's own would be parked. */
    mip_store_fence();
    mip_store_relaxed(&thread->a_state, RECORD_ACTIVE);
    /* Arming may allocate, which works from here on.  Before start-up is over nothing is armed:
       that thread is the initial one, and mip_process_init arms for it. */
    if (mip_load_relaxed(&a_started) && !mip_os_thread_hook_arm(thread_ends, thread)) {
        /* No key: nobody would tell us when the thread ends, so it keeps no record. */
        forget(thread);
        mip_tls_self = TLS_DONE;
        return NULL;
    }
    return thread;
}

struct thread *mip_thread_get(void) {
    if (MIP_LIKELY(mip_tls_self > TLS_DONE))
        return (struct thread *)mip_tls_self;
    return mip_tls_self == TLS_DONE ? NULL : thread_start();
}

void mip_thread_park_dead(struct thread *thread) {
    thread->needs_recount = true;
    mip_add_relaxed(&a_parked, 1);
    mip_stat_decrease(MIP_STAT_THREADS, 1);
    mip_stat_increase(MIP_STAT_ABANDONED, 1);
    mip_store_relaxed(&thread->a_state, RECORD_PARKED);
}

void mip_thread_init(void) {
    int saved = errno;
    if (mip_tls_self == TLS_DONE)
        mip_tls_self = 0;
    mip_thread_get();
    errno = saved;
}

void mip_thread_done(void) {
    struct thread *thread = mip_thread_self();
    if (thread == NULL)
        return;
    int saved = errno;
    mip_os_thread_hook_arm(thread_ends, NULL);
    forget(thread);
    errno = saved;
}

void mip_process_init(void) {
    if (mip_exchange_relaxed(&a_started, true))
        return;
    int saved = errno;
    mip_os_init();
    mip_fork_init();
    struct thread *thread = mip_thread_self();
    if (thread != NULL)
        mip_os_thread_hook_arm(thread_ends, thread);
    errno = saved;
}

/* A page of the parked heap's bin that has blocks to give: the bin's last current page may be used
   up, and is then followed by what was freed since. */
static struct page *page_to_give(struct heap *heap, unsigned bin) {
    enum { PAGES = 4 };
    struct page *page = heap->queue[bin].first;
    for (int i = 0; page != NULL && i < PAGES; i++, page = page->next)
        if (page->local != NULL || page->carved < page->capacity)
            return page;
    return NULL;
}

static void move_page(struct page *page, struct heap *to, struct heap *from) {
    unsigned bin = page->bin;
    mip_page_list_remove(&from->queue[bin], page);
    struct heap *named = page->heap;
    page->heap = to;
    to->page_count++;
    named->page_count--;
    to->bin_slices[bin] += (uint32_t)page->slices;
    from->bin_slices[bin] -= (uint32_t)page->slices;
    if (page->until_event == 0) {
        to->empty_slices += page->slices;
        from->empty_slices -= page->slices;
    }
    if (named->forward != NULL && named->page_count == 0)
        mip_made_page_gone(named);
    uintptr_t special = mip_load_relaxed(&page->a_owner) & OWNER_SPECIAL;
    mip_store_relaxed(&page->a_owner, (uintptr_t)to->thread | special);
}

struct page *mip_thread_steal_page(struct heap *heap, unsigned bin) {
    enum { LOOKS = 8 };
    if (mip_load_relaxed(&a_parked) == 0)
        return NULL;
    /* Newest records first: in a process whose threads come and go, those parked last. */
    struct thread *t = mip_thread_first();
    for (int i = 0; t != NULL && i < LOOKS; i++, t = t->next_record) {
        bool may_have = mip_load_relaxed(&t->a_has_pages) || mip_load_relaxed(&t->a_messages);
        if (!may_have || !mip_thread_try_lock(t))
            continue;
        mip_drain(t, false);
        struct page *page = page_to_give(&t->heap, bin);
        if (page != NULL)
            move_page(page, heap, &t->heap);
        mip_thread_return(t);
        if (page != NULL)
            return page;
    }
    return NULL;
}
