/* SPDX-License-Identifier: MIT */
/* Floor 4, core: the periodic work.  A tick is the moment a bin's list runs empty (or a single
   block is allocated): it comes after a bounded number of allocations, whatever is freed meanwhile,
   since a thread's own frees go to another list.  Everything done here is bounded. */
#include <errno.h>

#include "../base/hook.h"
#include "../base/options.h"
#include "../os/os.h"
#include "arena.h"
#include "core.h"
#include "fast.h"

enum { BINS_PER_CHECK = 8, MADE_HEAPS_PER_CHECK = 16, MADE_PAGES_PER_CHECK = 32 };

static struct mip_hook deferred_hook;
_Atomic(bool) mip_has_deferred;

void mip_register_deferred_free(mip_deferred_free_fun *fun, void *arg) {
    mip_hook_set(&deferred_hook, (uintptr_t)fun, arg);
    mip_store_relaxed(&mip_has_deferred, fun != NULL);
}

static void call_deferred(struct thread *thread, bool force) {
    thread->heartbeat++;
    void *arg;
    mip_deferred_free_fun *fun = (mip_deferred_free_fun *)mip_hook_get(&deferred_hook, &arg);
    /* A borrowed record is no thread of the program's: what the function allocates would borrow
       another one, and call it again. */
    if (fun == NULL || thread->in_deferred || thread != (void *)mip_tls_self)
        return;
    thread->in_deferred = true;
    fun(force, thread->heartbeat, arg);
    thread->in_deferred = false;
}

/* Pages of made heaps got blocks back from other threads: a sweep over all full pages, in portions.
   A hint that comes meanwhile starts another one. */
static void collect_hinted(struct thread *thread) {
    if (thread->heap.is_sweeping) {
        mip_heap_collect_made(&thread->heap, MADE_PAGES_PER_CHECK);
    } else if (thread->made_cursor == NULL) {
        if (!mip_load_relaxed(&thread->a_made_hint) ||
            /* acquire: pairs with the release in free_made */
            !mip_exchange_acquire(&thread->a_made_hint, false))
            return;
        thread->made_cursor = thread->made;
        mip_heap_collect_made(&thread->heap, MADE_PAGES_PER_CHECK);
    }
    for (int i = 0; thread->made_cursor != NULL && i < MADE_HEAPS_PER_CHECK; i++)
        if (!mip_heap_collect_made(thread->made_cursor, MADE_PAGES_PER_CHECK))
            thread->made_cursor = thread->made_cursor->next;
}

/* Pages that nobody wanted for a while are let go when they are empty, a few bins at a time. */
static void check_bins(struct thread *thread) {
    if (thread->heap.empty_slices > EMPTY_MAX && !mip_arena_may_keep())
        mip_heap_release_empty(&thread->heap, RELEASE_PORTION);
    for (int i = 0; i < BINS_PER_CHECK; i++) {
        unsigned bin = thread->check_bin;
        thread->check_bin = (uint8_t)(bin + 1 < BIN_COUNT ? bin + 1 : 0);
        if (thread->heap.queue[bin].first != NULL) /* most have none */
            mip_heap_trim(&thread->heap, bin, false);
    }
}

/* Does this run in a signal's handler, which came in the midst of the thread's work?  Then nothing
   is checked.  `busy`: how often the caller has said that it is. */
static bool is_cut_off(struct thread *thread, uint32_t busy) {
    return mip_load_relaxed(&thread->a_busy) != busy || thread->visits != 0 || thread->is_changing;
}

void mip_tick(struct thread *thread) {
    if (MIP_UNLIKELY(thread->visits != 0)) {
        thread->ticks++;
        return;
    }
    call_deferred(thread, false);
    mip_busy_enter(thread);
    if (MIP_UNLIKELY(mip_has_messages(thread)))
        mip_drain(thread, false);
    thread->ticks++;
    if (thread->ticks % TICKS_PER_CHECK == 0) {
        mip_flush_batches(thread);
        collect_hinted(thread);
        check_bins(thread);
        uint64_t now = mip_os_clock_ms();
        if (!SLOTS && mip_option_is_enabled(MIP_OPTION_PAGE_RESET))
            mip_heap_punch(&thread->heap, now);
        mip_arena_tick(now);
        if (!is_cut_off(thread, 1))
            mip_heap_check(&thread->heap);
    }
    mip_busy_leave(thread);
}

static void punch_all(struct heap *heap, bool force) {
    if (!SLOTS && force && mip_option_is_enabled(MIP_OPTION_PAGE_RESET))
        mip_heap_punch_all(heap);
}

static void collect_heap(struct heap *heap, bool force) {
    if (heap->visits != 0)
        return;
    mip_heap_collect_made(heap, force ? SIZE_MAX : MADE_PAGES_PER_CHECK);
    mip_heap_settle(heap, force);
    punch_all(heap, force);
}

void mip_thread_collect(struct thread *thread, bool force) {
    if (thread->visits != 0)
        return;
    if (force)
        call_deferred(thread, true);
    mip_busy_enter(thread);
    mip_flush_batches(thread);
    mip_drain(thread, force);
    collect_heap(&thread->heap, force);
    for (struct heap *heap = thread->made; heap != NULL; heap = heap->next)
        collect_heap(heap, force);
    mip_heap_check_thread(thread);
    mip_busy_leave(thread);
}

static void sweep_heap(struct heap *heap) {
    if (heap->visits == 0)
        mip_heap_collect_made(heap, SIZE_MAX);
}

void mip_thread_drain(struct thread *thread) {
    if (thread->visits != 0)
        return;
    mip_busy_enter(thread);
    mip_flush_batches(thread);
    mip_drain(thread, true);
    sweep_heap(&thread->heap);
    for (struct heap *heap = thread->made; heap != NULL; heap = heap->next)
        sweep_heap(heap);
    mip_busy_leave(thread);
}

void mip_collect_parked(bool force) {
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record) {
        if (force ? !mip_thread_try_lock_counted(t) : !mip_thread_try_lock(t))
            continue;
        mip_drain(t, force);
        mip_heap_collect_made(&t->heap, force ? SIZE_MAX : MADE_PAGES_PER_CHECK);
        mip_heap_check_parked(t);
        punch_all(&t->heap, force);
        mip_thread_return(t);
    }
}

void mip_collect(bool force) {
    int saved = errno;
    /* The deferred function runs in a thread of ours, with that thread's heartbeat. */
    bool calls = force && mip_load_relaxed(&mip_has_deferred);
    struct thread *thread = calls ? mip_thread_get() : mip_thread_self();
    if (thread != NULL)
        mip_thread_collect(thread, force);
    mip_collect_parked(force);
    mip_arena_collect(force);
    mip_arena_check();
    errno = saved;
}

void mip_process_check(void) {
    struct thread *thread = mip_thread_self();
    if (CHECK_LEVEL < 2)
        return;
    mip_arena_check();
    if (thread != NULL && is_cut_off(thread, 0))
        return;
    if (thread != NULL)
        mip_heap_check_thread(thread);
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record) {
        if (!mip_thread_try_lock_counted(t))
            continue;
        mip_heap_check_parked(t);
        mip_thread_unlock(t);
    }
}

void mip_heap_collect(struct heap *heap, bool force) {
    struct thread *thread = mip_thread_self();
    if (heap == NULL)
        heap = thread == NULL ? NULL : mip_tls_default();
    if (CHECK_LEVEL > 0 && heap != NULL &&
        (heap->thread != thread || mip_load_relaxed(&heap->a_forward) != NULL))
        mip_heap_refuse("mi_heap_collect", heap);
    if (heap == NULL || heap->thread != thread)
        return;
    int saved = errno;
    mip_busy_enter(thread);
    if (heap == &thread->heap && thread->visits == 0) {
        mip_flush_batches(thread);
        mip_drain(thread, force);
    }
    collect_heap(heap, force);
    mip_heap_check(heap);
    mip_busy_leave(thread);
    if (force)
        mip_arena_collect(true);
    errno = saved;
}
