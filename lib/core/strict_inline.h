/* SPDX-License-Identifier: MIT */
/* Floor 4, core: the parts of strict.h through which every block passes, inlined into allocation
   and free.  Included by strict*.c only. */
#ifndef MIP_STRICT_INLINE_H
#define MIP_STRICT_INLINE_H

#include <string.h>

#include "../base/stats.h"
#include "pagemap.h"
#include "strict.h"

enum { WORD = 8, END_MAX = 64, FRESH_CHECK_MAX = 1024, WIPE_INLINE_MAX = 256 };

/* What is told. */
_Noreturn void mip_strict_fault_of_page(const char *function, const struct page *page,
                                        const void *p, const char *fault);
_Noreturn void mip_strict_not_found(const char *function, const void *p);
_Noreturn void mip_strict_not_live(const char *function, const struct page *page,
                                   const struct block *block, const void *p, uint32_t word);
void mip_strict_check_interior(const char *function, const struct page *page,
                               const struct block *block, const void *p, uint32_t word,
                               size_t size);
void mip_strict_check_neighbours(const char *function, const struct page *page, uint32_t index,
                                 const void *p);

/* In memory order: nothing of the first n bytes, all of the others. */
extern MIP_HIDDEN const unsigned char mip_strict_tail_masks[WORD][WORD];

MIP_INLINE struct page *find_page(const void *p) {
    size_t index = ((uintptr_t)p - mip_load_word(&mip_window.base)) >> SLICE_SHIFT;
    size_t limit = mip_load_relaxed(&mip_window.a_limit); /* relaxed: as in mip_fast_free */
    if (MIP_LIKELY(index < limit)) {
        const struct pagemap_window *window = &mip_window + mip_zero_after(limit);
        struct page *page = mip_load_relaxed(&window->a_entries[index]);
        if (MIP_LIKELY(page != &mip_page_nobody))
            return page;
    }
    return mip_pagemap_find(p);
}

MIP_INLINE struct mip_found find_block(const char *function, const void *p) {
    struct mip_found found = {.p = (char *)(uintptr_t)p};
    struct page *page = found.page = find_page(p);
    if (MIP_UNLIKELY(page == NULL))
        mip_strict_not_found(function, p);
    uint32_t index = 0;
    if (MIP_LIKELY(page->bin != BIN_NONE)) {
        index = mip_page_index(page, p);
        if (MIP_UNLIKELY(index >= page->capacity))
            mip_strict_fault_of_page(function, page, p, "not the start of a block");
    }
    found.block = (struct block *)(page->start + (size_t)index * page->block_size);
    found.slot = &page->slots[index];
    found.word = mip_load_relaxed(found.slot);
    found.size =
        MIP_LIKELY(page->bin != BIN_NONE) ? mip_slot_value(found.word) : (size_t)page->reciprocal;
    if (MIP_UNLIKELY(mip_slot_state(found.word) != SLOT_LIVE))
        mip_strict_not_live(function, page, found.block, p, found.word);
    if (MIP_UNLIKELY(p != (const void *)found.block))
        mip_strict_check_interior(function, page, found.block, p, found.word, found.size);
    return found;
}

/* --- the ends of blocks --- */

MIP_INLINE uint64_t end_word(const struct page *page, const struct block *block) {
    uint64_t word = ((uint64_t)page->key ^ (uint64_t)(uintptr_t)block) * 0xd6e8feb86659fd93u;
    return (word ^ word >> 29) | 0x0101010101010101u;
}

MIP_INLINE uint64_t load(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

/* Of the word that holds `end`, which is in the block unless the block begins there. */
MIP_INLINE uint64_t tail_mask(const char *end) {
    uint64_t mask;
    memcpy(&mask, mip_strict_tail_masks[(uintptr_t)end % WORD], sizeof(mask));
    return mask;
}

MIP_INLINE const char *end_limit(const struct page *page, const struct block *block,
                                 const char *end) {
    const char *limit = (const char *)block + page->block_size;
    size_t most = END_MAX + WORD - (uintptr_t)end % WORD;
    return (size_t)(limit - end) > most ? end + most : limit;
}

/* Writes before the start of the next block hit it first. */
MIP_INLINE char *last_word(const struct page *page, const struct block *block) {
    return (char *)(uintptr_t)block + page->block_size - WORD;
}

MIP_INLINE void guard_end(const struct page *page, struct block *block, const char *end) {
    uint64_t guard = end_word(page, block);
    const char *limit = end_limit(page, block, end);
    if (end == limit)
        return;
    char *at = (char *)mip_round_down((uintptr_t)end, WORD);
    uint64_t mask = tail_mask(end);
    uint64_t word = (load(at) & ~mask) | (guard & mask);
    memcpy(at, &word, sizeof(word));
    for (at += WORD; at < limit; at += WORD)
        memcpy(at, &guard, sizeof(guard));
    char *last = last_word(page, block);
    if (last >= at)
        memcpy(last, &guard, sizeof(guard));
}

MIP_INLINE bool is_end_whole(const struct page *page, const struct block *block, const char *end) {
    const char *limit = end_limit(page, block, end);
    if (end == limit)
        return true;
    uint64_t guard = end_word(page, block);
    const char *at = (const char *)mip_round_down((uintptr_t)end, WORD);
    uint64_t difference = (load(at) ^ guard) & tail_mask(end);
    for (at += WORD; at < limit; at += WORD)
        difference |= load(at) ^ guard;
    const char *last = last_word(page, block);
    if (last >= at)
        difference |= load(last) ^ guard;
    return difference == 0;
}

/* With what freed blocks hold; the sizes of blocks are multiples of 16. */
MIP_INLINE void wipe(void *block, size_t size) {
    if (size > WIPE_INLINE_MAX) {
        memset(block, FREED_BYTE, size);
        return;
    }
    uint64_t pattern;
    memset(&pattern, FREED_BYTE, sizeof(pattern));
    for (size_t i = 0; i < size; i += 2 * WORD) {
        MIP_FORGET(pattern); /* or the compiler makes a call of it */
        memcpy((char *)block + i, &pattern, sizeof(pattern));
        memcpy((char *)block + i + WORD, &pattern, sizeof(pattern));
    }
}

MIP_INLINE bool is_filled(const void *block, size_t size, unsigned char byte) {
    uint64_t pattern, difference = 0;
    memset(&pattern, byte, sizeof(pattern));
    for (size_t i = 0; i < size; i += 2 * WORD)
        difference |= (load((const char *)block + i) ^ pattern) |
                      (load((const char *)block + i + WORD) ^ pattern);
    return difference == 0;
}

/* Has anybody written past the ends of the block?  Then the process ends.  is_own: the calling
   thread owns the page; only then what lies beside the block is looked at. */
MIP_INLINE void check_ends(const char *function, const struct mip_found *found, bool is_own) {
    const struct page *page = found->page;
    if (MIP_UNLIKELY(mip_load_relaxed(&page->a_flags) & PAGE_CLOSED_OFF))
        return;
    if (MIP_UNLIKELY(!is_end_whole(page, found->block, found->p + found->size)))
        mip_strict_fault_of_page(function, page, found->p, "written past its end");
    if (is_own)
        mip_strict_check_neighbours(function, page, (uint32_t)(found->slot - page->slots),
                                    found->p);
}

/* Other threads that look at the block from the side leave it alone from now on. */
MIP_INLINE void mark_changing(_Atomic(uint32_t) *slot, uint32_t word) {
    mip_store_relaxed(slot, word | SLOT_MESSAGE);
    atomic_thread_fence(memory_order_release); /* pairs with is_untouched */
}

/* The block goes: mark it so, and wipe it. */
MIP_INLINE void mark_freed(const char *function, const struct mip_found *found, bool is_own) {
    const struct page *page = found->page;
    uint32_t waiting = mip_slot_word(SLOT_WAITING, 0), expected = found->word;
    if (COUNT_BLOCKS)
        mip_stat_bin_decrease(page->bin, page->block_size);
    unsigned flags = mip_load_relaxed(&page->a_flags);
    bool is_wiped = mip_strict_is_full && !(flags & (PAGE_CLOSED_OFF | PAGE_SINGLE));
    if (is_own) {
        mip_store_relaxed(found->slot, waiting);
    } else {
        if (!mip_cas_relaxed(found->slot, &expected, waiting | SLOT_MESSAGE))
            mip_strict_fault_of_page(function, page, found->p, "freed already");
        atomic_thread_fence(memory_order_release); /* pairs with is_untouched */
    }
    if (is_wiped)
        wipe(found->block, page->block_size);
}

/* A block that was taken off a list of the page (of several blocks) is given out for `size` bytes;
   `bits` of its slot word besides.  With INTERIOR its end is still to be guarded. */
MIP_INLINE void *hand_out(struct page *page, struct block *block, size_t size, uint32_t bits,
                          bool zero) {
    _Atomic(uint32_t) *slot = &page->slots[mip_page_index(page, block)];
    uint32_t word = mip_load_relaxed(slot);
    uint32_t live = mip_slot_word(SLOT_LIVE, (uint32_t)size) | bits;
    size_t block_size = page->block_size;
    if (MIP_UNLIKELY(mip_slot_state(word) != SLOT_FREE))
        mip_strict_fault_of_page("malloc", page, block, "corrupted free list");
    if (COUNT_BLOCKS)
        mip_stat_bin_increase(page->bin, block_size, size);
    if (MIP_UNLIKELY(mip_load_relaxed(&page->a_flags) & PAGE_CLOSED_OFF)) {
        mip_store_relaxed(slot, live);
        return block;
    }
    if (word & SLOT_DIRTY) {
        if (mip_strict_is_full || zero)
            memset(block, 0, block_size);
    } else if (word & SLOT_FRESH) {
        if (mip_strict_is_full && block_size <= FRESH_CHECK_MAX && !is_filled(block, block_size, 0))
            mip_strict_fault_of_page("malloc", page, block, "written to after it was freed");
    } else if (mip_strict_is_full) {
        if (MIP_UNLIKELY(!is_filled(block, block_size, FREED_BYTE)))
            mip_strict_fault_of_page("malloc", page, block, "written to after it was freed");
        if (FREED_BYTE != 0 && zero)
            memset(block, 0, block_size);
    } else if (zero) {
        memset(block, 0, block_size);
    }
    if (NEW_BYTE != 0 && !zero)
        memset(block, NEW_BYTE, block_size);
    if (!(bits & SLOT_INTERIOR))
        guard_end(page, block, (char *)block + size);
    mip_store_relaxed(slot, live);
    return block;
}

#endif
