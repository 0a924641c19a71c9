/* SPDX-License-Identifier: MIT */
/* Floor 4, core: free, the paths behind fast.h, and what is asked about a pointer. */
#include <errno.h>

#include "../base/report.h"
#include "arena.h"
#include "fast.h"
#include "strict.h"

/* Not a block of ours: counted, reported when errors are shown, and that is all (variants with
   SLOTS do not come here). */
static MIP_COLD void bad_pointer(const char *function, const void *p, const char *fault) {
    mip_error(EINVAL, "%s: pointer %p: %s", function, p, fault);
}

/* The start of the block that p belongs to, or NULL (reported). */
static struct block *block_start(struct page *page, void *p) {
    unsigned flags = mip_page_flags(page);
    char *end = mip_page_end(page);
    if ((flags & PAGE_INTERIOR) && (char *)p >= page->start && (char *)p < end)
        return mip_page_block_of(page, p);
    if (flags & PAGE_SINGLE) {
        if ((char *)p == page->start)
            return p;
    } else if (mip_page_is_block(page, p)) {
        return p;
    }
    bad_pointer("free", p, "not the start of a block");
    return NULL;
}

static void free_in_page(void *p, struct page *page) {
    struct thread *thread = mip_thread_get();
    bool is_own = thread != NULL && mip_page_owner(page) == thread;
    /* Another thread's page is read only as far as its block needs: its counts are moving. */
    struct block *block = p;
    if (is_own || (mip_page_flags(page) & (PAGE_SINGLE | PAGE_INTERIOR)))
        block = block_start(page, p);
    if (block == NULL)
        return;
    if (thread != NULL)
        mip_busy_enter(thread);
    if (is_own)
        mip_heap_put(page, block, block, 1);
    else
        mip_free_remote(thread, page, block);
    if (thread != NULL)
        mip_busy_leave(thread);
}

MIP_NOINLINE void mip_free_slow(void *p) {
    if (SLOTS) {
        mip_strict_free(p);
        return;
    }
    if (p == NULL)
        return;
    int saved = errno;
    struct page *page = mip_pagemap_find(p);
    if (page == NULL)
        bad_pointer("free", p, "not from this allocator, or freed already");
    else
        free_in_page(p, page);
    errno = saved;
}

MIP_NOINLINE void mip_free_other(void *p, struct page *page) {
    if (page == &mip_page_nobody) {
        mip_free_slow(p);
        return;
    }
    /* The common case among the others: another thread's block, on its way with others. */
    if (!SLOW_PATHS_ONLY && mip_page_flags(page) == 0 && mip_tls_self > TLS_DONE &&
        mip_batch_add((struct thread *)mip_tls_self, page, (struct block *)p))
        return;
    int saved = errno;
    free_in_page(p, page);
    errno = saved;
}

void mip_free(void *p) {
    mip_fast_free(p);
}

/* The page of a pointer that free would take, or NULL. */
static struct page *page_of_block(const void *p) {
    struct page *page = p == NULL ? NULL : mip_pagemap_find(p);
    if (page == NULL)
        return NULL;
    if ((const char *)p < page->start || (const char *)p >= mip_page_end(page))
        return NULL;
    unsigned flags = mip_page_flags(page);
    if (!(flags & PAGE_INTERIOR) && mip_page_offset(page, p) != 0)
        return NULL;
    return page;
}

size_t mip_usable_size_in(const char *function, const void *p) {
    if (SLOTS)
        return mip_strict_usable_size(function, p);
    struct page *page = page_of_block(p);
    if (page == NULL) {
        if (p != NULL)
            bad_pointer(function, p, "not the start of a block");
        return 0;
    }
    if (!(mip_page_flags(page) & PAGE_INTERIOR))
        return page->block_size;
    return page->block_size - mip_page_offset(page, p);
}

size_t mip_usable_size(const void *p) {
    size_t size = SLOTS ? 0 : mip_fast_usable_size(p);
    return size != 0 ? size : mip_usable_size_in("usable_size", p);
}

bool mip_is_ours(const void *p) {
    return mip_arena_has(p) || mip_pagemap_find(p) != NULL;
}

struct heap *mip_heap_of(const void *p) {
    struct page *page = page_of_block(p);
    if (page == NULL)
        return NULL;
    /* Another thread may take the page over, and the record of a deleted heap be used again, while
       we look: what was read holds if the page still names the same heap. */
    for (;;) {
        struct heap *named = mip_load_acquire(&page->a_heap);
        struct heap *heap = named, *forward;
        /* acquire: pairs with the release in mip_heap_record_take */
        while ((forward = mip_load_acquire(&heap->a_forward)) != NULL)
            heap = forward;
        if (mip_load_relaxed(&page->a_heap) == named)
            return heap;
    }
}

bool mip_heap_contains_block(struct heap *heap, const void *p) {
    return heap != NULL && mip_heap_of(p) == heap;
}
