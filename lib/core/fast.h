/* SPDX-License-Identifier: MIT */
/* Floor 4, core: the fast paths, inlined into mi_malloc, malloc, operator new and their kin.

   malloc: one look-up of the class, one pop from the heap's list, one test.  The thread-local word
   is the heap's distance from the static empty heap, so that zero, which it is before the first
   allocation and even before relocation, means the empty heap: "not initialised" and "list empty"
   are one test.
   free: one look-up of the page, one test of the owner, one push, one count; see page.h on
   until_event.  Whoever got a pointer from this allocator sees the window, the limit and the entry
   as they were when it was handed out, or later.  Nothing orders a foreign pointer: it may be freed
   while another thread lays the window or raises the limit.  Still nothing goes wrong, for
   - a base from before there was a window gives an index above every limit;
   - who sees a limit sees the entries below it (the release in raise_limit), since their address
     hangs on it (mip_zero_after), and the page, since its address hangs on the entry. */
#ifndef MIP_FAST_H
#define MIP_FAST_H

#include <string.h>

#include "core.h"
#include "heap.h"
#include "pagemap.h"

/* One constant object, so that one address serves both. */
struct mip_root {
    /* Of a size in granules: how far the list of its class lies from the root in the empty heap. */
    uint16_t list_of[SMALL_MAX / GRANULE + 1];
    struct block *empty_list[BIN_COUNT]; /* the lists of the empty heap: always NULL */
};
_Static_assert(sizeof(struct mip_root) <= UINT16_MAX, "distances fit");
extern MIP_HIDDEN const struct mip_root mip_root;

extern MIP_HIDDEN MIP_TLS uintptr_t mip_tls_heap; /* default heap - &mip_root.empty_list */
extern MIP_HIDDEN MIP_TLS uintptr_t mip_tls_self; /* thread record; 0: none yet, TLS_DONE */

/* No owner word of a page has this value, nor has that of the page of nobody. */
enum { TLS_DONE = 2 };

/* The functions of core.h without _try, but that a failure is not told; not with SLOTS. */
void *mip_heap_try(struct heap *heap, size_t size, bool zero);
void *mip_heap_try_aligned(struct heap *heap, size_t size, size_t alignment, size_t offset,
                           bool zero);

void *mip_malloc_slow(size_t size);
void *mip_zalloc_slow(size_t size);
void mip_free_slow(void *p);
void mip_free_other(void *p, struct page *page);

/* Has p what was asked for?  An alignment of p itself is at least that of plain blocks; alignment
   0: none was. */
MIP_INLINE bool mip_is_aligned_at(const void *p, size_t alignment, size_t offset) {
    size_t mask = alignment == 0 ? 0 : alignment - 1;
    return (((uintptr_t)p + offset) & mask) == 0 &&
           ((offset & mask) != 0 || (uintptr_t)p % GRANULE == 0);
}

MIP_INLINE struct heap *mip_tls_default(void) {
    return (struct heap *)((uintptr_t)&mip_root.empty_list + mip_tls_heap);
}

MIP_INLINE size_t mip_list_offset(const struct mip_root *root, size_t size) {
    return root->list_of[(size + GRANULE - 1) >> GRANULE_SHIFT];
}

/* The class of a size up to SMALL_MAX. */
MIP_INLINE unsigned mip_small_bin(size_t size) {
    return (unsigned)((mip_list_offset(&mip_root, size) - offsetof(struct mip_root, empty_list)) /
                      sizeof(struct block *));
}

/* A block off the list that lies `offset` from the root in the empty heap, or NULL. */
MIP_INLINE void *mip_pop_at(const struct mip_root *root, size_t offset) {
    uintptr_t address = (uintptr_t)root + offset;
    MIP_FORGET_ASIDE(address);
    address += mip_tls_heap;
    /* Whole in one register: where the addresses of a store and of the load after it are as simple
       as that, processors forward the value without waiting (a fifth of a tight loop's time). */
    MIP_FORGET_ASIDE(address);
    struct block **list = (struct block **)address;
    struct block *block = *list;
    if (MIP_UNLIKELY(block == NULL))
        return NULL;
    *list = block->next;
    return block;
}

/* A block, or NULL when that is the slow path's business; errno is not touched. */
MIP_INLINE void *mip_fast_pop(size_t size) {
    if (SLOW_PATHS_ONLY || MIP_UNLIKELY(size > SMALL_MAX))
        return NULL;
    const struct mip_root *root = &mip_root;
    MIP_FORGET(root);
    return mip_pop_at(root, mip_list_offset(root, size));
}

MIP_INLINE void *mip_fast_malloc(size_t size) {
    void *p = mip_fast_pop(size);
    return MIP_LIKELY(p != NULL) ? p : mip_malloc_slow(size);
}

/* Likewise for an alignment that a class gives by itself: a size that is a multiple of it (see
   size.h; pages lie at multiples of a slice).  `least`, a power of two up to a granule, is the
   least alignment: NULL for a smaller one, too.  With a = alignment - least:
   - the size rounded up to the alignment is ((size - 1) | a) + 1, but for bits below a granule, so
     one comparison does for both; it is above every size where the alignment is below the least;
   - alignment & a is 0 for powers of two only, at the least and above. */
_Static_assert(SMALL_MAX < SLICE_SIZE, "a page is aligned to any alignment below");
MIP_INLINE void *mip_fast_pop_aligned(size_t size, size_t alignment, size_t least) {
    size_t last = (size - 1) | (alignment - least);
    if (SLOW_PATHS_ONLY || MIP_UNLIKELY(last >= SMALL_MAX) ||
        MIP_UNLIKELY((alignment & (alignment - least)) != 0))
        return NULL;
    const struct mip_root *root = &mip_root;
    MIP_FORGET(root);
    return mip_pop_at(root, root->list_of[(last >> GRANULE_SHIFT) + 1]);
}

MIP_INLINE void *mip_fast_malloc_aligned(size_t size, size_t alignment) {
    void *p = mip_fast_pop_aligned(size, alignment, 1);
    return MIP_LIKELY(p != NULL) ? p : mip_heap_malloc_aligned(NULL, size, alignment, 0, false);
}

MIP_INLINE void *mip_fast_zalloc(size_t size) {
    if (SLOW_PATHS_ONLY || MIP_UNLIKELY(size > SMALL_MAX))
        return mip_zalloc_slow(size);
    unsigned bin = mip_small_bin(size);
    struct heap *heap = mip_tls_default();
    struct block *block = heap->list[bin];
    if (MIP_UNLIKELY(block == NULL))
        return mip_zalloc_slow(size);
    heap->list[bin] = block->next;
    if (heap->list_is_zero[bin])
        block->next = NULL;
    else
        memset(block, 0, mip_bin_size(bin));
    return block;
}

/* Bytes of the block at p, if mip_fast_free would put it on its page's list; 0: it would not, or no
   block begins there. */
MIP_INLINE size_t mip_fast_usable_size(const void *p) {
    size_t index = ((uintptr_t)p - mip_load_word(&mip_window.base)) >> SLICE_SHIFT;
    size_t limit = mip_load_word((const size_t *)&mip_window.a_limit);
    if (SLOW_PATHS_ONLY || MIP_UNLIKELY(index >= limit))
        return 0;
    const struct pagemap_window *window = &mip_window + mip_zero_after(limit);
    const struct page *page = mip_load_relaxed(&window->a_entries[index]);
    if (MIP_UNLIKELY(mip_load_relaxed(&page->a_owner) != mip_tls_self))
        return 0;
    size_t offset = (size_t)((const char *)p - page->start), size = page->block_size;
    bool is_start = offset < page->capacity * size && (uint32_t)offset % (uint32_t)size == 0;
    return MIP_LIKELY(is_start) ? size : 0;
}

MIP_INLINE void mip_fast_free(void *p) {
    size_t index = ((uintptr_t)p - mip_load_word(&mip_window.base)) >> SLICE_SHIFT;
    size_t limit = mip_load_word((const size_t *)&mip_window.a_limit);
    if (SLOW_PATHS_ONLY || MIP_UNLIKELY(index >= limit)) {
        mip_free_slow(p);
        return;
    }
    const struct pagemap_window *window = &mip_window + mip_zero_after(limit);
    struct page *page = mip_load_relaxed(&window->a_entries[index]);
    if (MIP_UNLIKELY(mip_load_relaxed(&page->a_owner) != mip_tls_self)) {
        mip_free_other(p, page);
        return;
    }
    struct block *block = p;
    block->next = page->local;
    mip_store_fence();
    page->local = block;
    if (MIP_UNLIKELY(--page->until_event == 0))
        mip_page_event(page);
}

#endif
