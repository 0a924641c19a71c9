/* SPDX-License-Identifier: MIT */
/* Floor 4, core: reallocation.  The zero law: a zeroing call leaves all of [0, usable) zero beyond
   what was asked for, and a zeroing reallocation that shrinks clears the tail, so that what a later
   one uncovers is zero. */
#include <errno.h>
#include <string.h>

#include "../base/report.h"
#include "../base/stats.h"
#include "../os/os.h"
#include "arena.h"
#include "fast.h"
#include "strict.h"

static bool is_in_place(size_t usable, size_t size) {
    return size <= usable && (size >= usable / 2 || usable <= 2 * GRANULE);
}

static void clear_tail(void *p, size_t from, size_t to) {
    memset((char *)p + from, 0, to - from);
}

/* Resize a single block without moving it; only its owner may.  False: it has to move. */
static bool resize_single(struct page *page, size_t size, bool zero) {
    size_t block_size = mip_round_up(size, mip_os_info.page_size);
    size_t old_size = page->block_size;
    if (block_size < size || (mip_page_flags(page) & (PAGE_INTERIOR | PAGE_MAPPED)))
        return false;
    size_t slices = mip_slices_of(block_size);
    bool is_zero = true;
    if (slices > page->slices) {
        /* Twice the growth if there is room: who grows once grows again. */
        size_t more = slices + (slices - page->slices);
        if (more > mip_arena_run_max() ||
            !mip_arena_extend(page->arena, page->start, page->slices, more, &is_zero)) {
            more = slices;
            if (!mip_arena_extend(page->arena, page->start, page->slices, more, &is_zero))
                return false;
        }
        page->slices = more;
    } else if (slices < page->slices / 2) {
        char *rest = page->start + (slices << SLICE_SHIFT);
        mip_arena_give(page->arena, rest, page->slices - slices);
        page->slices = slices;
    }
    if (zero)
        clear_tail(page->start, mip_min(size, old_size), block_size);
    page->block_size = block_size;
    if (block_size > old_size)
        mip_stat_increase(MIP_STAT_HUGE, block_size - old_size);
    else
        mip_stat_decrease(MIP_STAT_HUGE, old_size - block_size);
    return true;
}

/* Move a mapping to a new place.  The page is entered there before the memory moves, and off the
   old place before the kernel may give that to another thread; going back cannot fail, since the
   map has what it needs for the old place. */
static char *remap_elsewhere(struct page *page, size_t old, size_t bytes) {
    char *from = page->start;
    char *to = mip_os_reserve(NULL, bytes, SLICE_SIZE);
    if (to == NULL)
        return NULL;
    if (mip_pagemap_set(to, 1, page)) {
        mip_pagemap_clear(from, 1);
        if (mip_os_remap(from, old, bytes, to) != NULL)
            return to;
        mip_pagemap_set(from, 1, page);
        mip_pagemap_clear_page(to, page); /* another thread's may be there by now */
        return NULL;
    }
    mip_os_release(to, bytes);
    return NULL;
}

/* A mapping of its own is resized in place, or moves with its memory. */
static void *remap(struct page *page, size_t size, bool zero, bool may_move) {
    size_t bytes = mip_round_up(size, mip_os_info.page_size);
    size_t old = page->slices;
    if (bytes < size)
        return NULL;
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    char *p = mip_os_remap(page->start, old, bytes, NULL);
    if (p == NULL && may_move)
        p = remap_elsewhere(page, old, bytes);
    if (p == NULL)
        return NULL;
    if (zero && size < old) /* what a mapping gains is zero */
        clear_tail(p, size, mip_min(bytes, old));
    page->start = p;
    page->slices = bytes;
    page->block_size = bytes;
    if (bytes > old) {
        mip_stat_increase(MIP_STAT_RESERVED, bytes - old);
        mip_stat_increase(MIP_STAT_COMMITTED, bytes - old);
        mip_stat_increase(MIP_STAT_HUGE, bytes - old);
    } else {
        mip_stat_decrease(MIP_STAT_RESERVED, old - bytes);
        mip_stat_decrease(MIP_STAT_COMMITTED, old - bytes);
        mip_stat_decrease(MIP_STAT_HUGE, old - bytes);
    }
    return p;
}

static void *resize_owned(struct page *page, size_t size, bool zero, bool may_move) {
    if (resize_single(page, size, zero))
        return page->start;
    if ((mip_page_flags(page) & (PAGE_MAPPED | PAGE_INTERIOR)) != PAGE_MAPPED)
        return NULL;
    return remap(page, size, zero, may_move);
}

/* Of a thread that has ended: its heap is as good as the backing heap of who asks. */
static void *resize_parked(struct page *page, size_t size, bool zero, bool may_move) {
    struct thread *owner = mip_page_owner(page);
    void *result = NULL;
    if (!mip_thread_try_lock(owner))
        return NULL;
    if (mip_page_owner(page) == owner) /* or the page went elsewhere meanwhile */
        result = resize_owned(page, size, zero, may_move);
    mip_thread_unlock(owner);
    return result;
}

/* In place, or by moving a mapping that stays in its heap (NULL: it may not move); NULL when
   neither is possible. */
static void *resize(struct page *page, void *p, size_t size, bool zero, const struct heap *to) {
    struct thread *thread = mip_thread_self();
    if (!(mip_page_flags(page) & PAGE_SINGLE) || size <= MEDIUM_MAX || size > MIP_SIZE_MAX ||
        thread == NULL || p != (void *)page->start)
        return NULL;
    void *result;
    mip_busy_enter(thread);
    if (mip_page_owner(page) == thread)
        result = resize_owned(page, size, zero, to == mip_heap_of_page(page));
    else
        result = resize_parked(page, size, zero, to == &thread->heap);
    mip_busy_leave(thread);
    return result;
}

/* Interpreters allocate by realloc alone. */
MIP_INLINE void *fresh_block(struct heap *heap, size_t size, bool zero) {
    return heap == NULL && !zero ? mip_fast_malloc(size) : mip_heap_malloc(heap, size, zero);
}

static void *move(void *p, void *fresh, size_t usable, size_t size) {
    if (fresh == NULL)
        return NULL;
    memcpy(fresh, p, mip_min(usable, size));
    mip_fast_free(p);
    return fresh;
}

/* To less than half of it: where there is no memory for that, the block stays. */
static MIP_NOINLINE void *shrink(struct heap *heap, void *p, size_t usable, size_t size,
                                 bool zero) {
    int saved = errno;
    void *fresh = heap == NULL && !zero ? mip_fast_pop(size) : NULL;
    if (fresh == NULL)
        fresh = mip_heap_try(heap, size, zero);
    void *result = move(p, fresh, usable, size);
    if (result == NULL) {
        if (zero)
            clear_tail(p, size, usable);
        errno = saved;
        result = p;
    }
    return result;
}

MIP_COLD void *mip_realloc_refuse(void *p) {
    mip_error(EINVAL, "realloc: pointer %p: not from this allocator, or freed already", p);
    errno = EINVAL;
    return NULL;
}

static MIP_NOINLINE void *realloc_any(struct heap *heap, void *p, size_t size, bool zero,
                                      mip_elsewhere_fun *elsewhere) {
    if (p == NULL)
        return fresh_block(heap, size, zero);
    struct page *page = mip_pagemap_find(p);
    if (page == NULL)
        return elsewhere != NULL && !mip_is_ours(p) ? elsewhere(p, size) : mip_realloc_refuse(p);
    int saved = errno;
    size_t usable = mip_usable_size_in("realloc", p);
    if (usable == 0) {
        errno = EINVAL; /* an interior or misaligned pointer: reported by the call above */
        return NULL;
    }
    /* A pointer of the _at family need not have the alignment that plain blocks have. */
    if (is_in_place(usable, size) && (uintptr_t)p % GRANULE == 0) {
        if (zero)
            clear_tail(p, size, usable);
        return p;
    }
    void *result = resize(page, p, size, zero, heap != NULL ? heap : mip_tls_default());
    if (result == NULL && size < usable && (uintptr_t)p % GRANULE == 0)
        result = shrink(heap, p, usable, size, zero);
    else if (result == NULL)
        result = move(p, fresh_block(heap, size, zero), usable, size);
    errno = result == NULL ? ENOMEM : saved;
    return result;
}

MIP_INLINE void *realloc_in(struct heap *heap, void *p, size_t size, bool zero,
                            mip_elsewhere_fun *elsewhere) {
    if (SLOTS)
        return mip_strict_realloc(heap, p, size, 0, 0, zero);
    size_t usable = mip_fast_usable_size(p);
    if (MIP_UNLIKELY(usable == 0))
        return realloc_any(heap, p, size, zero, elsewhere);
    if (!is_in_place(usable, size))
        return size < usable ? shrink(heap, p, usable, size, zero)
                             : move(p, fresh_block(heap, size, zero), usable, size);
    if (zero)
        clear_tail(p, size, usable);
    return p;
}

void *mip_heap_realloc(struct heap *heap, void *p, size_t size, bool zero) {
    return realloc_in(heap, p, size, zero, NULL);
}

void *mip_realloc_or(void *p, size_t size, mip_elsewhere_fun *elsewhere) {
    return realloc_in(NULL, p, size, false, elsewhere);
}

void *mip_heap_realloc_aligned(struct heap *heap, void *p, size_t size, size_t alignment,
                               size_t offset, bool zero) {
    if (p == NULL)
        return mip_heap_malloc_aligned(heap, size, alignment, offset, zero);
    if (!mip_is_power_of_two(alignment) || alignment > MIP_ALIGNMENT_MAX) {
        errno = EINVAL;
        return NULL;
    }
    if (SLOTS)
        return mip_strict_realloc(heap, p, size, alignment, offset, zero);
    if (mip_pagemap_find(p) == NULL)
        return mip_realloc_refuse(p);
    size_t usable = mip_usable_size_in("realloc", p);
    if (usable == 0) {
        errno = EINVAL;
        return NULL;
    }
    if (!mip_is_aligned_at(p, alignment, offset) || size > usable)
        return move(p, mip_heap_malloc_aligned(heap, size, alignment, offset, zero), usable, size);
    int saved = errno;
    size_t rounding = mip_min(alignment, NATURAL_ALIGNMENT_MAX) - 1; /* of a new block */
    void *fresh = is_in_place(usable, mip_min(size + rounding, usable))
                      ? NULL
                      : mip_heap_try_aligned(heap, size, alignment, offset, zero);
    if (fresh != NULL)
        return move(p, fresh, usable, size);
    if (zero) /* it stays, also for want of memory */
        clear_tail(p, size, usable);
    errno = saved;
    return p;
}

void *mip_expand(void *p, size_t size) {
    if (SLOTS)
        return mip_strict_expand(p, size);
    struct page *page = p == NULL ? NULL : mip_pagemap_find(p);
    if (page == NULL || size > MIP_SIZE_MAX)
        return NULL;
    int saved = errno;
    size_t usable = mip_usable_size_in("realloc", p);
    void *result = usable == 0 ? NULL : size <= usable ? p : resize(page, p, size, false, NULL);
    errno = saved;
    return result;
}
