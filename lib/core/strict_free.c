/* SPDX-License-Identifier: MIT */
/* Floor 4, core: free in variants with SLOTS, and what is said about a block when it is freed. */
#include <errno.h>

#include "../base/options.h"
#include "../base/report.h"
#include "../os/os.h"
#include "core.h"
#include "fast.h"
#include "quarantine.h"
#include "strict_inline.h"
#include "trace.h"

static const char as_free[] = "free";

/* Block number `index` onto its page's list, as the fast free does it. */
MIP_INLINE void put(struct page *page, struct block *block, uint32_t index) {
    uint32_t link = page->local == NULL ? 0 : mip_page_index(page, page->local) + 1;
    /* release: pairs with the acquire in strict.c: the block is wiped before */
    mip_store_release(&page->slots[index], mip_slot_word(SLOT_FREE, link));
    mip_store_fence();
    page->local = block;
    if (MIP_UNLIKELY(--page->until_event == 0))
        mip_page_event(page);
}

/* Between the slot word and the list a block is on neither side: a signal's handler that ends the
   process then must not check (mip_process_check), whatever it frees before.  What was so before.
 */
MIP_INLINE bool set_changing(bool is_changing) {
    if (CHECK_LEVEL == 0)
        return false;
    struct thread *thread = (struct thread *)mip_tls_self;
    bool was = thread->is_changing;
    mip_store_fence();
    thread->is_changing = is_changing;
    mip_store_fence();
    return was;
}

/* Into the quarantine; what it gives up for that goes to its list. */
MIP_INLINE void wait(struct quarantine *quarantine, const struct mip_found *found) {
    struct waiting out = mip_quarantine_swap(quarantine, found->page, found->block);
    if (MIP_LIKELY(out.block != NULL))
        put(out.page, out.block, mip_page_index(out.page, out.block));
}

/* is_full: the level, known to the compiler where it matters. */
MIP_INLINE void free_own(const char *function, const struct mip_found *found, bool is_plain,
                         bool is_full) {
    struct page *page = found->page;
    check_ends(function, found, is_full, is_plain);
    bool was_changing = set_changing(true);
    mark_freed(function, found, true, is_plain, is_full);
    struct quarantine *quarantine = is_full ? mip_quarantine_of(mip_heap_of_page(page)) : NULL;
    if (quarantine != NULL)
        wait(quarantine, found);
    else
        put(page, found->block, found->index);
    set_changing(was_changing);
}

/* The block of a single page, marked as freed: nobody looks at it again before the memory is taken
   for something else. */
static void give_up_single(struct page *page, bool is_own) {
    unsigned flags = mip_page_flags(page);
    if (is_own && (flags & PAGE_MAPPED))
        return; /* unmapped now */
    if (flags & PAGE_GUARDED) {
        /* The owner will unmap it.  What is locked the kernel does not take back. */
        if (!mip_os_decommit(page->start, page->block_size))
            mip_os_protect(page->start, page->block_size);
        return;
    }
    if (!mip_strict_is_full)
        return;
    if (page->block_size < STRICT_PURGE_MIN || !mip_page_may_purge(page) ||
        !mip_os_purge(page->start, page->block_size))
        memset(page->start, FREED_BYTE, page->block_size);
}

static MIP_NOINLINE void free_other(const char *function, const struct mip_found *found) {
    int saved = errno;
    struct thread *thread = mip_thread_get();
    struct page *page = found->page;
    bool is_own = thread != NULL && mip_page_owner(page) == thread;
    check_ends(function, found, false, false);
    mark_freed(function, found, false, false, mip_strict_is_full);
    if (mip_page_flags(page) & PAGE_SINGLE)
        give_up_single(page, is_own);
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

static MIP_NOINLINE void free_plain(const char *function, struct page *page, void *p) {
    struct mip_found found = find_in(function, page, p, true);
    mip_trace_freed(p);
    free_own(function, &found, true, mip_strict_is_full);
}

void mip_strict_free_for(const char *function, void *p) {
    struct page *page = p == NULL ? NULL : find_page(p);
    if (page != NULL && mip_load_relaxed(&page->a_owner) == mip_tls_self) {
        free_plain(function, page, p);
        return;
    }
    if (p == NULL)
        return;
    if (page == NULL)
        mip_strict_not_found(function, p);
    struct mip_found found = find_in(function, page, p, false);
    mip_trace_freed(p);
    uintptr_t owner = mip_load_relaxed(&found.page->a_owner) & ~(uintptr_t)OWNER_SPECIAL;
    if (owner != mip_tls_self || found.page->bin == BIN_NONE)
        free_other(function, &found);
    else
        free_own(function, &found, false, mip_strict_is_full);
}

/* Of a page that is not plain, or not the calling thread's, or of no page. */
static MIP_NOINLINE void free_special(void *p) {
    mip_strict_free_for(as_free, p);
}

/* One function a level, each without a call that comes back, which would cost registers: what needs
   one begins again. */
_Static_assert(CHECK_LEVEL != 0 || (!COUNT_BLOCKS && !TRACES && FREED_BYTE == 0),
               "the short way does nothing of that");
static MIP_NOINLINE void free_plain_full(struct page *page, void *p) {
    size_t size = page->block_size;
    struct quarantine *quarantine = mip_heap_of_page(page)->quarantine;
    if (CHECK_LEVEL != 0 || size < NEIGHBOURHOOD || size > WIPE_INLINE_MAX ||
        MIP_UNLIKELY(quarantine == NULL)) {
        free_plain(as_free, page, p);
        return;
    }
    struct mip_found found = find_in(as_free, page, p, true);
    check_ends(as_free, &found, false, true);
    if (MIP_UNLIKELY(!is_beside_whole(&found))) {
        free_plain(as_free, page, p);
        return;
    }
    uint32_t waiting = mip_slot_word(SLOT_WAITING, 0);
    mark_changing(found.slot, waiting);
    wipe_small(found.block, size);
    mip_store_release(found.slot, waiting); /* pairs with is_untouched */
    wait(quarantine, &found);
}

static MIP_NOINLINE void free_plain_light(struct page *page, void *p) {
    struct mip_found found = find_in(as_free, page, p, true);
    mip_trace_freed(p);
    free_own(as_free, &found, true, false);
}

void mip_strict_free(void *p) {
    if (MIP_UNLIKELY(p == NULL))
        return;
    /* As mip_fast_free does it. */
    size_t index = ((uintptr_t)p - mip_load_word(&mip_window.base)) >> SLICE_SHIFT;
    size_t limit = mip_load_relaxed(&mip_window.a_limit);
    if (MIP_LIKELY(index < limit)) {
        const struct pagemap_window *window = &mip_window + mip_zero_after(limit);
        struct page *page = mip_load_relaxed(&window->a_entries[index]);
        if (MIP_LIKELY(mip_load_relaxed(&page->a_owner) == mip_tls_self)) {
            if (mip_strict_is_full)
                free_plain_full(page, p);
            else
                free_plain_light(page, p);
            return;
        }
    }
    free_special(p);
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

static struct mip_found find_sized(const void *p, size_t size) {
    struct mip_found found = mip_strict_find("sized free", p);
    if (found.size != size)
        wrong_size(&found, size);
    return found;
}

void mip_strict_check_size(const void *p, size_t size) {
    if (p != NULL)
        (void)find_sized(p, size);
}

void mip_strict_check_plain(const void *p, size_t size) {
    if (p == NULL)
        return;
    struct mip_found found = find_sized(p, size);
    if (mip_slot_alignment(found.word) != 0)
        wrong_alignment(&found, GRANULE);
}

void mip_strict_check_alignment(const void *p, size_t alignment) {
    if (p == NULL)
        return;
    struct mip_found found = mip_strict_find("aligned free", p);
    size_t real = mip_max((size_t)1 << mip_slot_alignment(found.word), GRANULE);
    if (real != mip_max(alignment, GRANULE))
        wrong_alignment(&found, alignment);
}

void mip_strict_check_promise(const void *p, size_t size, size_t alignment) {
    if (p == NULL)
        return;
    struct mip_found found = mip_strict_find("sized free", p);
    if (found.size < size)
        wrong_size(&found, size);
    if (alignment != 0 && (uintptr_t)p % alignment != 0)
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
    if (p == NULL || !mip_option_is_enabled(MIP_OPTION_CHECK_ORIGIN))
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
