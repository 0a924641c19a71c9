/* SPDX-License-Identifier: MIT */
/* Floor 4, core: threads begin and end; what parked records have is used by those that live. */
#include <errno.h>

#include "../base/stats.h"
#include "../os/os.h"
#include "../tool.h"
#include "core.h"
#include "fast.h"

static mip_flag a_started; /* the C library has started: thread keys may be made */

static void park(struct thread *thread) {
    if (MIP_UNLIKELY(mip_load_relaxed(&thread->a_busy) != 0)) {
        /* A signal's handler has ended the thread inside a slow path: the record may be in any
           state, and nobody looks at it again, as in the child of a fork (fork.c). */
        mip_thread_bury(thread);
        return;
    }
    mip_busy_enter(thread);
    /* A function of the program, or a signal's handler, may have ended the thread. */
    mip_store_relaxed(&thread->a_is_uncounted, thread->is_changing);
    thread->in_deferred = thread->is_changing = false;
    thread->visits = thread->heap.visits = 0;
    mip_made_merge_all(thread);
    mip_flush_batches(thread);
    mip_drain(thread, true);
    mip_heap_collect_made(&thread->heap, SIZE_MAX);
    /* From here on it is as one that was borrowed: what follows changes lists, which a fork must
       not take for a fast path that was cut off. */
    mip_store_relaxed(&thread->a_state, RECORD_BUSY);
    mip_store_fence();
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
    mip_tool_begin();
    park(value);
    mip_tool_end();
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
    struct thread *thread = mip_thread_borrow();
    if (thread == NULL)
        return NULL;
    mip_stat_increase(MIP_STAT_THREADS, 1);
    thread->heartbeat = 0; /* not the last owner's */
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

void mip_thread_init(void) {
    int saved = errno;
    if (mip_tls_self == TLS_DONE)
        mip_tls_self = 0;
    mip_thread_get();
    errno = saved;
}

void mip_thread_done(void) {
    struct thread *thread = mip_thread_self();
    if (thread == NULL || thread->in_deferred) /* the tick that called goes on with the record */
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
    mip_heap_unqueue(from, page);
    struct heap *named = mip_load_relaxed(&page->a_heap);
    mip_store_relaxed(&page->a_heap, to);
    to->page_count++;
    mip_heap_count_slices(to, bin, (ptrdiff_t)page->slices);
    mip_heap_count_slices(from, bin, -(ptrdiff_t)page->slices);
    if (page->until_event == 0) {
        mip_heap_count_empty(to, page, true);
        mip_heap_count_empty(from, page, false);
    }
    mip_heap_forget_page(named);
    uintptr_t special = mip_load_relaxed(&page->a_owner) & OWNER_SPECIAL;
    mip_store_relaxed(&page->a_owner, (uintptr_t)to->thread | special);
}

/* Nothing was loaded from the record, which may have many thousand pages: what was seen to be empty
   goes, and no page is looked at. */
static void leave_record(struct thread *thread) {
    mip_heap_release_empty(&thread->heap, RELEASE_PORTION);
    mip_thread_note_pages(thread);
    mip_thread_unlock(thread);
}

struct page *mip_thread_steal_page(struct heap *heap, unsigned bin) {
    enum { LOOKS = 8 };
    if (!mip_thread_has_parked())
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
        leave_record(t);
        if (page != NULL)
            return page;
    }
    return NULL;
}
