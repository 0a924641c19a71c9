/* SPDX-License-Identifier: MIT */
/* Floor 4, core: allocation in variants with SLOTS.  Each block is one byte longer at least than
   what was asked for, so that there is an end to guard. */
#include <errno.h>

#include "../base/report.h"
#include "../os/os.h"
#include "arena.h"
#include "core.h"
#include "fast.h"
#include "guard.h"
#include "strict_inline.h"
#include "trace.h"

struct request {
    size_t size, alignment, offset; /* alignment 0: none asked for */
    bool zero, is_silent;           /* silent: the caller tells of a failure */
};

static unsigned alignment_bits(size_t alignment) {
    return alignment <= GRANULE ? 0 : mip_highest_bit(alignment) << SLOT_ALIGNMENT_SHIFT;
}

/* The class that has room for `length` bytes and one more; BIN_NONE: none that shares a page. */
static unsigned bin_for(size_t length, size_t alignment) {
    size_t room = mip_round_up(length + 1, mip_max(alignment, GRANULE));
    if (length >= MIP_SIZE_MAX || room > SHARED_MAX || alignment > NATURAL_ALIGNMENT_MAX)
        return BIN_NONE;
    return mip_bin_of(room);
}

/* False: no memory. */
static bool take_or_refill(struct heap *heap, unsigned bin, struct taken *taken) {
    if (heap->list[bin] == NULL && !mip_heap_refill(heap, bin) &&
        !mip_heap_add_page(heap, bin, heap->is_made ? NULL : mip_thread_steal_page(heap, bin)))
        return false;
    *taken = take_first(&heap->list[bin], heap->queue[bin].first);
    return true;
}

/* p moved up so that (p + offset) is aligned. */
static char *align_up_at(char *p, size_t alignment, size_t offset) {
    return p + ((0 - ((uintptr_t)p + offset)) & (alignment - 1));
}

static void *single(struct heap *heap, const struct request *request, bool is_plain) {
    size_t length = request->size, alignment = mip_max(request->alignment, 1);
    if (!is_plain && mip_add_overflows(length, alignment, &length))
        return NULL;
    bool is_zero;
    char *p = mip_heap_malloc_single(heap, length, is_plain ? alignment : SLICE_SIZE, &is_zero);
    if (p == NULL)
        return NULL;
    struct page *page = mip_pagemap_find(p);
    char *start = p;
    uint32_t bits = alignment_bits(request->alignment);
    if (!is_plain) {
        p = align_up_at(p, alignment, request->offset);
        if (p != start) {
            if (!mip_page_enter_interior(page, p)) {
                mip_heap_release_page(mip_heap_of_page(page), page);
                return NULL;
            }
            mip_page_set_interior(page);
            bits = SLOT_INTERIOR;
        }
    }
    if (!is_zero && (request->zero || mip_strict_is_full))
        memset(start, 0, page->block_size);
    page->reciprocal = request->size;
    guard_end(page, (struct block *)start, p + request->size, 0, false);
    mip_store_relaxed(&page->slots[0], mip_slot_word(SLOT_LIVE, 0) | bits);
    if (COUNT_BLOCKS)
        mip_stat_bin_increase(BIN_NONE, page->block_size, request->size);
    return p;
}

/* A longer block, and a pointer into it. */
static void *inside(struct heap *heap, const struct request *request) {
    size_t length;
    if (mip_add_overflows(request->size, request->alignment - 1, &length))
        return NULL;
    unsigned bin = bin_for(length, 0);
    if (bin == BIN_NONE)
        return single(heap, request, false);
    struct taken taken;
    if (!take_or_refill(heap, bin, &taken))
        return NULL;
    char *p = align_up_at((char *)taken.block, request->alignment, request->offset);
    uint32_t bits = p == (char *)taken.block ? 0 : SLOT_INTERIOR;
    hand_out(&taken, request->size, bits, request->zero, false, mip_strict_is_full);
    if (bits != 0) {
        guard_end(taken.page, taken.block, p + request->size, 0, false);
        mip_page_set_interior(taken.page);
    }
    return p;
}

static void *allocate_once(struct heap *heap, const struct request *request) {
    size_t alignment = request->alignment;
    if (alignment != 0 && request->offset % alignment != 0)
        return inside(heap, request);
    unsigned bin = request->size == 0 && alignment <= ZERO_STEP ? (unsigned)BIN_ZERO
                                                                : bin_for(request->size, alignment);
    if (bin == BIN_NONE)
        return single(heap, request, true);
    struct taken taken;
    if (!take_or_refill(heap, bin, &taken))
        return NULL;
    return hand_out(&taken, request->size, alignment_bits(alignment), request->zero, false,
                    mip_strict_is_full);
}

/* NULL means the default heap of now: a tick may have ended the one of before. */
static void *try_to_allocate(struct thread *thread, struct heap *heap,
                             const struct request *request) {
    mip_busy_enter(thread);
    void *p = allocate_once(heap != NULL ? heap : mip_tls_default(), request);
    mip_busy_leave(thread);
    return p;
}

/* Out of memory: give back all we can, and try once more; what a purge holds is free in a moment.
 */
static MIP_COLD void *allocate_again(struct thread *thread, struct heap *heap,
                                     const struct request *request) {
    enum { WAIT_MS = 100 };
    if (request->size > mip_os_info.memory_size) {
        /* What waits in quarantine or ring would not help, and goes on waiting. */
        mip_thread_drain(thread);
        mip_collect_parked(true);
        return try_to_allocate(thread, heap, request);
    }
    mip_thread_collect(thread, true);
    mip_collect_parked(true);
    mip_arena_collect(true);
    mip_arena_close(false);
    mip_guard_collect();
    void *p = try_to_allocate(thread, heap, request);
    if (p == NULL) {
        mip_arena_close(true);
        p = try_to_allocate(thread, heap, request);
    }
    uint64_t until = mip_os_clock_ms() + WAIT_MS;
    for (bool wait = true; p == NULL && wait;) {
        wait = mip_arena_is_held() && mip_os_clock_ms() < until;
        if (wait)
            mip_os_yield();
        p = try_to_allocate(thread, heap, request);
    }
    return p;
}

static void *allocate(struct thread *thread, struct heap *heap, const struct request *request) {
    struct heap *now = heap != NULL ? heap : mip_tls_default();
    size_t alignment = request->alignment;
    bool is_inside = alignment != 0 && request->offset % alignment != 0;
    unsigned bin =
        is_inside ? bin_for(request->size + alignment - 1, 0) : bin_for(request->size, alignment);
    if (bin == BIN_NONE || now->list[bin] == NULL)
        mip_tick(thread);
    void *p = try_to_allocate(thread, heap, request);
    return MIP_LIKELY(p != NULL) ? p : allocate_again(thread, heap, request);
}

static MIP_NOINLINE void *allocate_in(struct heap *heap, const struct request *request) {
    int saved = errno;
    void *p = NULL;
    mip_strict_start();
    if (request->size <= MIP_SIZE_MAX) {
        struct thread *own = mip_thread_get();
        struct thread *thread = heap == NULL ? own : heap->thread;
        if (heap != NULL && MIP_UNLIKELY(thread == NULL || thread != own ||
                                         mip_load_relaxed(&heap->a_forward) != NULL))
            mip_fatal("mi_heap_malloc: the heap %p is not one of this thread", (void *)heap);
        if (thread != NULL) {
            p = allocate(thread, heap, request);
        } else {
            /* After the thread's end, or without a key for it. */
            mip_os_init();
            thread = mip_thread_borrow();
            if (thread != NULL) {
                p = allocate(thread, &thread->heap, request);
                mip_thread_return(thread);
            }
        }
    }
    errno = p == NULL ? ENOMEM : saved;
    if (MIP_UNLIKELY(p == NULL) && !request->is_silent)
        mip_error_no_memory(request->size);
    mip_trace_allocated(p, request->size);
    return p;
}

static MIP_NOINLINE void *hand_out_new(struct page *page, struct block *block,
                                       _Atomic(uint32_t) *slot, uint32_t word, size_t size) {
    struct taken taken = {page, block, slot, word};
    return hand_out(&taken, size, 0, false, true, true);
}

/* One function a level, each without a call that comes back, which would cost registers.  The list
   is not empty. */
static MIP_NOINLINE void *take_full(struct block **list, struct page *page, size_t size) {
    struct taken taken = take_first(list, page);
    if (taken.word & (SLOT_FRESH | SLOT_DIRTY))
        return hand_out_new(page, taken.block, taken.slot, taken.word, size);
    return hand_out(&taken, size, 0, false, true, true);
}

static MIP_NOINLINE void *take_light(struct block **list, struct page *page, size_t size) {
    struct taken taken = take_first(list, page);
    return hand_out(&taken, size, 0, false, true, false);
}

static MIP_NOINLINE void *take_zero(struct block **list, struct page *page, size_t size) {
    struct taken taken = take_first(list, page);
    return hand_out(&taken, size, 0, true, true, mip_strict_is_full);
}

static MIP_NOINLINE void *take_traced(struct block **list, struct page *page, size_t size,
                                      bool zero) {
    struct taken taken = take_first(list, page);
    void *p = hand_out(&taken, size, 0, zero, true, mip_strict_is_full);
    mip_trace_allocated(p, size);
    return p;
}

static MIP_NOINLINE void *malloc_in(struct heap *heap, size_t size, bool zero) {
    struct request request = {.size = size, .zero = zero};
    return allocate_in(heap, &request);
}

MIP_INLINE void *malloc_default(size_t size, bool zero) {
    if (MIP_UNLIKELY(size - 1 >= SMALL_MAX - 1))
        return malloc_in(NULL, size, zero);
    /* Lists and queues have the same order. */
    size_t distance = mip_list_offset(&mip_root, size + 1) - offsetof(struct mip_root, empty_list);
    char *heap = (char *)mip_tls_default();
    struct block **list = (struct block **)(heap + distance);
    if (MIP_UNLIKELY(*list == NULL))
        return malloc_in(NULL, size, zero);
    struct page_list *queue =
        (struct page_list *)(heap + offsetof(struct heap, queue) +
                             distance * (sizeof(struct page_list) / sizeof(struct block *)));
    if (TRACES)
        return take_traced(list, queue->first, size, zero);
    if (zero)
        return take_zero(list, queue->first, size);
    return mip_strict_is_full ? take_full(list, queue->first, size)
                              : take_light(list, queue->first, size);
}

void *mip_strict_malloc_default(size_t size) {
    return malloc_default(size, false);
}

void *mip_strict_malloc(struct heap *heap, size_t size, bool zero) {
    return heap == NULL ? malloc_default(size, zero) : malloc_in(heap, size, zero);
}

void *mip_strict_malloc_aligned(struct heap *heap, size_t size, size_t alignment, size_t offset,
                                bool zero) {
    if (!mip_is_power_of_two(alignment) || alignment > MIP_ALIGNMENT_MAX) {
        errno = EINVAL;
        return NULL;
    }
    struct request request = {size, alignment, offset, zero, false};
    return allocate_in(heap, &request);
}

void *mip_strict_try(struct heap *heap, size_t size, size_t alignment, size_t offset, bool zero) {
    struct request request = {size, alignment, offset, zero, true};
    return allocate_in(heap, &request);
}
