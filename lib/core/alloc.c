/* SPDX-License-Identifier: MIT */
/* Floor 4, core: allocation, the paths behind fast.h. */
#include <errno.h>
#include <string.h>

#include "../base/report.h"
#include "../os/os.h"
#include "arena.h"
#include "fast.h"
#include "strict.h"

enum { PURGE_TO_ZERO = 8 << 20 };

static void make_zero(void *p, size_t size) {
    size_t page_size = mip_os_info.page_size;
    struct page *page = size < PURGE_TO_ZERO ? NULL : mip_pagemap_find(p);
    if (page != NULL && (uintptr_t)p % page_size == 0 && size % page_size == 0 &&
        mip_page_may_purge(page) && mip_os_purge(p, size))
        return;
    memset(p, 0, size);
}

/* One block off the bin's list, which is not empty. */
MIP_INLINE void *pop(struct heap *heap, unsigned bin, bool zero) {
    struct block *block = heap->list[bin];
    struct page *page = heap->queue[bin].first;
    heap->list[bin] = mip_link_get(page, block);
    if (zero && heap->list_is_zero[bin])
        block->next = NULL;
    else if (zero)
        memset(block, 0, mip_bin_size(bin));
    return block;
}

static void *allocate_single(struct heap *heap, size_t size, bool zero) {
    bool is_zero;
    void *p = mip_heap_malloc_single(heap, size, SLICE_SIZE, &is_zero);
    if (p != NULL && zero && !is_zero)
        make_zero(p, mip_round_up(size, mip_os_info.page_size));
    return p;
}

/* The bin's list ran empty: load another from the heap's own pages, from one of a parked record, or
   from a new page.  False: no memory. */
static bool refill(struct heap *heap, unsigned bin) {
    return mip_heap_refill(heap, bin) ||
           mip_heap_add_page(heap, bin, heap->is_made ? NULL : mip_thread_steal_page(heap, bin));
}

/* No tick, no retry; errno is the caller's. */
static void *allocate_once(struct heap *heap, size_t size, bool zero) {
    if (size > MEDIUM_MAX)
        return allocate_single(heap, size, zero);
    unsigned bin = mip_bin_of(size);
    if (heap->list[bin] == NULL && !refill(heap, bin))
        return NULL;
    return pop(heap, bin, zero);
}

/* NULL means the default heap of now: the program's deferred-free function, which a tick calls, may
   have ended the one of before. */
MIP_INLINE struct heap *heap_or_default(struct heap *heap) {
    return heap != NULL ? heap : mip_tls_default();
}

static void *try_to_allocate(struct thread *thread, struct heap *heap, size_t size, bool zero) {
    mip_busy_enter(thread);
    void *p = allocate_once(heap_or_default(heap), size, zero);
    mip_busy_leave(thread);
    return p;
}

/* A block of its own for an alignment that no shared page gives. */
static void *try_single(struct thread *thread, struct heap *heap, size_t size, size_t alignment,
                        bool zero) {
    bool is_zero = false;
    mip_busy_enter(thread);
    size = mip_max(size, 1);
    void *p = mip_heap_malloc_single(heap_or_default(heap), size, alignment, &is_zero);
    mip_busy_leave(thread);
    if (p != NULL && zero && !is_zero)
        make_zero(p, mip_round_up(size, mip_os_info.page_size));
    return p;
}

/* Out of memory: give back all we can, and try once more.  alignment 0: none asked for. */
static MIP_COLD void *allocate_again(struct thread *thread, struct heap *heap, size_t size,
                                     size_t alignment, bool zero) {
    enum { WAIT_MS = 100 };
    mip_thread_collect(thread, true);
    mip_collect_parked(true);
    mip_arena_collect(true);
    uint64_t until = mip_os_clock_ms() + WAIT_MS;
    for (bool wait = true;;) {
        void *p = alignment == 0 ? try_to_allocate(thread, heap, size, zero)
                                 : try_single(thread, heap, size, alignment, zero);
        if (p != NULL || !wait)
            return p;
        /* Another thread may hold the slices for a moment. */
        wait = mip_arena_is_held() && mip_os_clock_ms() < until;
        if (wait)
            mip_os_yield();
    }
}

static void *allocate(struct thread *thread, struct heap *heap, size_t size, bool zero) {
    if (size > MEDIUM_MAX || heap_or_default(heap)->list[mip_bin_of(size)] == NULL)
        mip_tick(thread);
    void *p = try_to_allocate(thread, heap, size, zero);
    if (MIP_UNLIKELY(p == NULL))
        p = allocate_again(thread, heap, size, 0, zero);
    return p;
}

void *mip_heap_try(struct heap *heap, size_t size, bool zero) {
    int saved = errno;
    void *p = NULL;
    if (size <= MIP_SIZE_MAX) {
        struct thread *thread = heap == NULL ? mip_thread_get() : heap->thread;
        if (thread != NULL) {
            p = allocate(thread, heap, size, zero);
        } else {
            /* After the thread's end, or without a key for it. */
            mip_os_init();
            thread = mip_thread_borrow();
            if (thread != NULL) {
                p = allocate(thread, &thread->heap, size, zero);
                mip_thread_return(thread);
            }
        }
    }
    errno = p == NULL ? ENOMEM : saved;
    return p;
}

void *mip_heap_malloc(struct heap *heap, size_t size, bool zero) {
    if (SLOTS)
        return mip_strict_malloc(heap, size, zero);
    void *p = mip_heap_try(heap, size, zero);
    if (MIP_UNLIKELY(p == NULL))
        mip_error_no_memory(size);
    return p;
}

/* The common refill: the thread's own frees to the bin's current page, or a fresh carve of it, and
   nothing else is due.  No system call, so errno stays; and where a fork may cut it off, the lists
   tell all there is (see record.c). */
MIP_INLINE void *reload(size_t size, bool zero) {
    if (SLOW_PATHS_ONLY || size > SMALL_MAX || mip_tls_self <= TLS_DONE)
        return NULL;
    struct thread *thread = (struct thread *)mip_tls_self;
    struct heap *heap = mip_tls_default();
    unsigned bin = mip_small_bin(size);
    struct page *page = heap->queue[bin].first;
    if (page == NULL || heap->list[bin] != NULL || !mip_tick_is_light(thread))
        return NULL;
    struct block *block = page->local;
    if (block != NULL && !(mip_page_flags(page) & PAGE_MADE)) {
        page->local = NULL;
        if (page->until_event == 0)
            mip_heap_count_empty(heap, page, false);
        page->until_event = page->carved;
        heap->list_is_zero[bin] = 0;
        mip_store_fence(); /* never on two lists at once */
        heap->list[bin] = block;
    } else if (!mip_heap_load(heap, bin, page)) {
        mip_busy_enter(thread);
        bool loaded = mip_heap_advance(heap, bin);
        mip_busy_leave(thread);
        if (!loaded)
            return NULL;
    }
    thread->ticks++;
    thread->heartbeat++;
    return pop(heap, bin, zero);
}

MIP_NOINLINE void *mip_malloc_slow(size_t size) {
    if (SLOTS)
        return mip_strict_malloc_default(size);
    void *p = reload(size, false);
    return p != NULL ? p : mip_heap_malloc(NULL, size, false);
}

MIP_NOINLINE void *mip_zalloc_slow(size_t size) {
    if (SLOTS)
        return mip_strict_malloc(NULL, size, true);
    void *p = reload(size, true);
    return p != NULL ? p : mip_heap_malloc(NULL, size, true);
}

void *mip_malloc(size_t size) {
    return mip_fast_malloc(size);
}

void *mip_zalloc(size_t size) {
    return mip_fast_zalloc(size);
}

size_t mip_good_size(size_t size) {
    if (SLOTS || WATCHED)
        return size; /* more may not be used */
    mip_os_init();
    return mip_good_size_of(size);
}

/* p moved up so that (p + offset) is aligned; within the block that was made long enough. */
static char *align_up_at(char *p, size_t alignment, size_t offset) {
    return p + ((0 - ((uintptr_t)p + offset)) & (alignment - 1));
}

static void *aligned_single(struct heap *heap, size_t size, size_t alignment, bool zero) {
    struct thread *thread = heap == NULL ? mip_thread_get() : heap->thread;
    mip_tick(thread);
    void *p = try_single(thread, heap, size, alignment, zero);
    if (MIP_UNLIKELY(p == NULL) && size <= MIP_SIZE_MAX)
        p = allocate_again(thread, heap, size, alignment, zero);
    return p;
}

/* A longer block, and a pointer into it. */
static void *aligned_inside(struct heap *heap, size_t size, size_t alignment, size_t offset,
                            bool zero) {
    size_t length;
    if (mip_add_overflows(size, alignment - 1, &length) || length > MIP_SIZE_MAX)
        return NULL;
    char *block = mip_heap_try(heap, length, zero);
    if (block == NULL)
        return NULL;
    char *p = align_up_at(block, alignment, offset);
    if (p == block)
        return p;
    struct page *page = mip_pagemap_find(block);
    struct thread *thread = mip_page_owner(page);
    mip_busy_enter(thread);
    bool entered = !(mip_page_flags(page) & PAGE_SINGLE) || mip_page_enter_interior(page, p);
    if (entered)
        mip_page_set_interior(page);
    mip_busy_leave(thread);
    if (entered)
        return p;
    mip_free(block);
    return NULL;
}

static void *aligned_in(struct heap *heap, size_t size, size_t alignment, size_t offset,
                        bool zero) {
    size_t rounded = mip_round_up(size, alignment);
    bool is_plain = offset % alignment == 0 && rounded >= size;
    if (is_plain && alignment <= GRANULE)
        return mip_heap_try(heap, size, zero);
    if (is_plain && alignment <= NATURAL_ALIGNMENT_MAX && rounded <= MEDIUM_MAX)
        return mip_heap_try(heap, mip_max(rounded, alignment), zero);
    if (size > MIP_SIZE_MAX)
        return NULL;
    if (is_plain && size > MEDIUM_MAX && alignment <= SLICE_SIZE)
        return mip_heap_try(heap, size, zero);
    if (is_plain && (size > MEDIUM_MAX || alignment > MEDIUM_MAX / 2))
        return aligned_single(heap, size, alignment, zero);
    return aligned_inside(heap, size, alignment, offset, zero);
}

void *mip_heap_try_aligned(struct heap *heap, size_t size, size_t alignment, size_t offset,
                           bool zero) {
    if (!mip_is_power_of_two(alignment) || alignment > MIP_ALIGNMENT_MAX) {
        errno = EINVAL;
        return NULL;
    }
    size_t last = (size - 1) | (alignment - 1);
    if (heap == NULL && offset == 0 && last < SMALL_MAX) { /* as in fast.h; size 0 is larger */
        void *p = reload(last + 1, zero);
        if (p != NULL)
            return p;
    }
    int saved = errno;
    struct thread *borrowed = NULL;
    if (heap == NULL) {
        struct thread *thread = mip_thread_get();
        if (thread == NULL) {
            mip_os_init();
            thread = borrowed = mip_thread_borrow();
        }
        if (thread == NULL) {
            errno = ENOMEM;
            return NULL;
        }
        heap = borrowed != NULL ? &borrowed->heap : NULL;
    }
    void *p = aligned_in(heap, size, alignment, offset, zero);
    if (borrowed != NULL)
        mip_thread_return(borrowed);
    errno = p == NULL ? ENOMEM : saved;
    return p;
}

void *mip_heap_malloc_aligned(struct heap *heap, size_t size, size_t alignment, size_t offset,
                              bool zero) {
    if (SLOTS)
        return mip_strict_malloc_aligned(heap, size, alignment, offset, zero);
    void *p = mip_heap_try_aligned(heap, size, alignment, offset, zero);
    if (MIP_UNLIKELY(p == NULL) && errno == ENOMEM)
        mip_error_no_memory(size);
    return p;
}
