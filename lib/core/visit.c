/* SPDX-License-Identifier: MIT */
/* Floor 4, core: looking at a heap's pages and blocks.  The thread that owns the heap calls.  What
   other threads freed is collected first, so that the live blocks are exact but for frees that
   wait in those threads' batches. */
#include <errno.h>

#include "core.h"
#include "fast.h"
#include "meta.h"

enum { WORDS_ON_STACK = 256 }; /* bits for 16384 blocks */

struct visit {
    const struct heap *heap;
    bool all_blocks;
    mip_visit_fun *fun;
    void *arg;
};

static void mark(const struct page *page, size_t base, const struct block *list, size_t *free_bits,
                 size_t window) {
    for (; list != NULL; list = mip_link_get(page, list)) {
        size_t index = (size_t)((const char *)list - page->start) / page->block_size;
        if (index - base < window)
            free_bits[(index - base) / MIP_WORD_BITS] |= (size_t)1
                                                         << ((index - base) % MIP_WORD_BITS);
    }
}

/* The page's blocks in portions that fit the bits on the stack. */
static bool visit_blocks(const struct visit *visit, const struct page *page,
                         const struct mip_area *area) {
    size_t free_bits[WORDS_ON_STACK];
    size_t window = sizeof(free_bits) * 8;
    for (size_t base = 0; base < page->capacity; base += window) {
        for (size_t i = 0; i < WORDS_ON_STACK; i++)
            free_bits[i] = 0;
        mark(page, base, page->local, free_bits, window);
        size_t end = mip_min(page->capacity, base + window);
        for (size_t index = base; index < end; index++) {
            size_t bit = index - base;
            char *block = page->start + index * page->block_size;
            if (!(mip_load_relaxed(&page->a_flags) & PAGE_SINGLE) &&
                !mip_page_is_block(page, block))
                continue; /* not carved yet */
            if (free_bits[bit / MIP_WORD_BITS] >> (bit % MIP_WORD_BITS) & 1)
                continue;
            if (!visit->fun(visit->heap, area, block, page->block_size, visit->arg))
                return false;
        }
    }
    return true;
}

static bool visit_page(const struct visit *visit, const struct page *page) {
    bool is_single = (mip_load_relaxed(&page->a_flags) & PAGE_SINGLE) != 0;
    struct mip_area area = {
        .blocks = page->start,
        .reserved =
            is_single ? page->block_size : (page->slices << SLICE_SHIFT) - mip_page_pad(page),
        .committed = (size_t)page->carved * page->block_size,
        .used = (size_t)mip_page_used(page) * page->block_size,
        .block_size = page->block_size,
    };
    if (!visit->fun(visit->heap, &area, NULL, page->block_size, visit->arg))
        return false;
    return !visit->all_blocks || visit_blocks(visit, page, &area);
}

static bool visit_list(const struct visit *visit, const struct page_list *list) {
    for (struct page *page = list->first; page != NULL;) {
        struct page *next = page->next;
        if (mip_page_used(page) > 0 && !visit_page(visit, page))
            return false;
        page = next;
    }
    return true;
}

/* Every free block goes to its page's list.  False: the heap is not the calling thread's. */
static bool prepare(const struct heap *heap) {
    struct thread *thread = mip_thread_self();
    if (heap == NULL || heap->thread != thread || thread == NULL)
        return false;
    struct heap *own = (struct heap *)(uintptr_t)heap;
    if (own->visits != 0)
        return true; /* a visitor asks: the walk has prepared */
    int saved = errno;
    mip_busy_enter(thread);
    if (thread->visits == 0) { /* else a visitor of another heap asks, whose lists must stay */
        mip_flush_batches(thread);
        mip_drain(thread, true);
    }
    mip_heap_collect_made(own, SIZE_MAX);
    mip_heap_settle(own, true);
    mip_busy_leave(thread);
    errno = saved;
    return true;
}

bool mip_heap_visit(const struct heap *heap, bool all_blocks, mip_visit_fun *fun, void *arg) {
    if (fun == NULL || !prepare(heap))
        return false;
    int saved = errno;
    struct visit visit = {heap, all_blocks, fun, arg};
    struct thread *thread = heap->thread;
    struct heap *own = (struct heap *)(uintptr_t)heap;
    thread->visits++;
    own->visits++;
    bool done = visit_list(&visit, &heap->full) && visit_list(&visit, &heap->full_made);
    for (unsigned bin = 0; done && bin < BIN_COUNT; bin++)
        done = visit_list(&visit, &heap->queue[bin]);
    /* Else the visitor ended the thread, and another one may have its record by now. */
    if (mip_thread_self() == thread && thread->visits != 0) {
        own->visits--;
        thread->visits--;
    }
    errno = saved;
    return done;
}

static bool has_single(const struct page_list *list, const char *p) {
    for (struct page *page = list->first; page != NULL; page = page->next)
        if ((mip_page_flags(page) & PAGE_SINGLE) && (size_t)(p - page->start) < page->block_size)
            return true;
    return false;
}

bool mip_heap_check_owned(struct heap *heap, const void *p) {
    if (p == NULL || !prepare(heap))
        return false;
    /* Of a single block the map knows the beginning only. */
    struct page *page = mip_pagemap_find(p);
    if (page == NULL || (mip_page_flags(page) & PAGE_SINGLE))
        return has_single(&heap->full, p) || has_single(&heap->full_made, p);
    if (mip_heap_of_page(page) != heap || (const char *)p < page->start ||
        (const char *)p >= mip_page_end(page))
        return false;
    const struct block *block = mip_page_block_of(page, p);
    return mip_page_is_block(page, block) && !mip_page_list_has(page, page->local, block);
}

struct heap *mip_heap_backing(void) {
    struct thread *thread = mip_thread_get();
    return thread == NULL ? NULL : &thread->heap;
}

struct heap *mip_heap_default(void) {
    return mip_thread_get() == NULL ? NULL : mip_tls_default();
}

struct heap *mip_heap_set_default(struct heap *heap) {
    struct thread *thread = mip_thread_get();
    if (thread == NULL)
        return NULL;
    struct heap *old = mip_tls_default();
    if (heap == NULL)
        return old;
    if (heap->thread != thread || mip_load_relaxed(&heap->a_forward) != NULL)
        mip_heap_refuse("mi_heap_set_default", heap);
    else
        mip_tls_heap = (uintptr_t)heap - (uintptr_t)&mip_root.empty_list;
    return old;
}
