/* SPDX-License-Identifier: MIT */
/* Floor 4, core: free in variants with SLOTS, and what is said about a block when it is freed. */
#include <errno.h>

#include "../base/report.h"
#include "../os/os.h"
#include "core.h"
#include "fast.h"
#include "quarantine.h"
#include "strict_inline.h"
#include "trace.h"

/* Onto its page's list, as the fast free does it. */
MIP_INLINE void put(struct page *page, struct block *block) {
    uint32_t link = page->local == NULL ? 0 : mip_page_index(page, page->local) + 1;
    /* release: pairs with the acquire in strict.c: the block is wiped before */
    mip_store_release(&page->slots[mip_page_index(page, block)], mip_slot_word(SLOT_FREE, link));
    mip_store_fence();
    page->local = block;
    if (MIP_UNLIKELY(--page->until_event == 0))
        mip_page_event(page);
}

/* Between the slot word and the list a block is on neither side: a signal's handler that ends the
   process then must not check (mip_process_check). */
MIP_INLINE void set_changing(bool is_changing) {
    if (CHECK_LEVEL == 0)
        return;
    mip_store_fence();
    ((struct thread *)mip_tls_self)->is_changing = is_changing;
    mip_store_fence();
}

MIP_INLINE void free_own(const char *function, const struct mip_found *found, bool is_plain) {
    struct page *page = found->page;
    struct block *block = found->block;
    check_ends(function, found, true, is_plain);
    set_changing(true);
    mark_freed(function, found, true, is_plain);
    if (mip_strict_is_full) {
        struct waiting out = mip_quarantine_swap(mip_heap_of_page(page), page, block);
        page = out.page;
        block = out.block;
    }
    if (block != NULL)
        put(page, block);
    set_changing(false);
}

static MIP_NOINLINE void free_other(const char *function, const struct mip_found *found) {
    int saved = errno;
    struct thread *thread = mip_thread_get();
    struct page *page = found->page;
    bool is_own = thread != NULL && mip_page_owner(page) == thread;
    check_ends(function, found, false, false);
    mark_freed(function, found, false, false);
    /* The owner will unmap it. */
    if (!is_own && (mip_page_flags(page) & PAGE_GUARDED))
        mip_os_decommit(page->start, page->block_size);
    if (thread != NULL)
        mip_busy_enter(thread);
    if (is_own)
        mip_heap_put(page, found->block, found->block, 1);
    else
        mip_free_remote(thread, page, found->block);
    if (thread != NULL)
        mip_busy_leave(thread);
    errno = saved;
}

/* Of a page that is not plain, or not the calling thread's, or of no page. */
static MIP_NOINLINE void free_special(const char *function, void *p) {
    struct mip_found found = find_block(function, p);
    mip_trace_freed(p);
    uintptr_t owner = mip_load_relaxed(&found.page->a_owner) & ~(uintptr_t)OWNER_SPECIAL;
    if (owner != mip_tls_self || found.page->bin == BIN_NONE)
        free_other(function, &found);
    else
        free_own(function, &found, false);
}

void mip_strict_free(const char *function, void *p) {
    if (MIP_UNLIKELY(p == NULL))
        return;
    struct page *page = find_page(p);
    if (MIP_UNLIKELY(page == NULL || mip_load_relaxed(&page->a_owner) != mip_tls_self)) {
        free_special(function, p);
        return;
    }
    struct mip_found found = find_in(function, page, p, true);
    mip_trace_freed(p);
    free_own(function, &found, true);
}

static MIP_COLD void wrong_size(const struct mip_found *found, size_t size) {
    if (TRACES)
        mip_trace_tell(found->p);
    mip_fatal(
        "sized free: pointer %p, size class %zu: freed as a block of %zu bytes, allocated with "
        "%zu",
        (void *)found->p, found->page->block_size, size, found->size);
}

static MIP_COLD void wrong_alignment(const struct mip_found *found, size_t alignment) {
    if (TRACES)
        mip_trace_tell(found->p);
    mip_fatal("aligned free: pointer %p, size class %zu: freed with alignment %zu, allocated with "
              "%zu",
              (void *)found->p, found->page->block_size, alignment,
              mip_max((size_t)1 << mip_slot_alignment(found->word), GRANULE));
}

void mip_strict_check_size(const void *p, size_t size) {
    if (p == NULL)
        return;
    struct mip_found found = mip_strict_find("sized free", p);
    if (found.size != size)
        wrong_size(&found, size);
}

void mip_strict_check_alignment(const void *p, size_t alignment) {
    if (p == NULL)
        return;
    struct mip_found found = mip_strict_find("aligned free", p);
    size_t real = mip_max((size_t)1 << mip_slot_alignment(found.word), GRANULE);
    if (real != mip_max(alignment, GRANULE))
        wrong_alignment(&found, alignment);
}

size_t mip_strict_usable_size(const char *function, const void *p) {
    return p == NULL ? 0 : mip_strict_find(function, p).size;
}

void mip_strict_set_origin(void *p, enum mip_origin origin) {
    struct mip_found found = mip_strict_find("new", p);
    /* One form of new may call another. */
    uint32_t word = found.word & ~((uint32_t)3 << SLOT_ORIGIN_SHIFT);
    mip_store_relaxed(found.slot, word | (uint32_t)origin << SLOT_ORIGIN_SHIFT);
}

void mip_strict_check_origin(const char *function, const void *p, enum mip_origin origin) {
    static const char *const names[] = {"malloc", "new", "new[]", "?"};
    if (p == NULL)
        return;
    struct mip_found found = mip_strict_find(function, p);
    unsigned real = mip_slot_origin(found.word);
    if (real == (unsigned)origin)
        return;
    if (TRACES)
        mip_trace_tell(p);
    mip_fatal("%s: pointer %p, size class %zu: allocated by %s", function, p,
              found.page->block_size, names[real]);
}
