/* SPDX-License-Identifier: MIT */
/* Floor 4, core: the parts of strict.h through which every block passes, inlined into allocation
   and free.  Included by strict*.c only. */
#ifndef MIP_STRICT_INLINE_H
#define MIP_STRICT_INLINE_H

#include <string.h>

#include "../base/stats.h"
#include "heap.h"
#include "pagemap.h"
#include "strict.h"

enum { WORD = 8, END_MAX = 64, FRESH_CHECK_MAX = 1024, WIPE_INLINE_MAX = 256 };
enum { NEIGHBOURHOOD = 32 }; /* how far around a block its free looks */

/* What is told. */
_Noreturn void mip_strict_fault_of_page(const char *function, const struct page *page,
                                        const void *p, const char *fault);
_Noreturn void mip_strict_not_found(const char *function, const void *p);
_Noreturn void mip_strict_not_live(const char *function, const struct page *page,
                                   const struct block *block, const void *p, uint32_t word);
_Noreturn void mip_strict_not_the_start(const char *function, const struct page *page,
                                        const struct block *block, const void *p);
void mip_strict_check_interior(const char *function, const struct page *page,
                               const struct block *block, const void *p, uint32_t word,
                               size_t size);
void mip_strict_check_neighbours(const char *function, const struct page *page, uint32_t index,
                                 const void *p);

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

/* is_plain: the page has OWNER_SPECIAL not set, so its blocks are several, have a size, and are
   given out from their starts. */
MIP_INLINE struct mip_found find_in(const char *function, struct page *page, const void *p,
                                    bool is_plain) {
    struct mip_found found = {.page = page, .p = (char *)(uintptr_t)p};
    uint32_t index = 0;
    bool is_single = !is_plain && page->bin == BIN_NONE;
    if (!is_single) {
        index = mip_page_index(page, p);
        if (MIP_UNLIKELY(index >= page->capacity))
            mip_strict_fault_of_page(function, page, p, "not the start of a block");
    }
    found.index = index;
    found.block = (struct block *)(page->start + (size_t)index * page->block_size);
    found.slot = &page->slots[index];
    found.word = mip_load_relaxed(found.slot);
    found.size = is_single ? (size_t)page->reciprocal : mip_slot_value(found.word);
    if (MIP_UNLIKELY(mip_slot_state(found.word) != SLOT_LIVE))
        mip_strict_not_live(function, page, found.block, p, found.word);
    if (is_plain && MIP_UNLIKELY(p != (const void *)found.block))
        mip_strict_not_the_start(function, page, found.block, p);
    if (!is_plain && MIP_UNLIKELY(p != (const void *)found.block))
        mip_strict_check_interior(function, page, found.block, p, found.word, found.size);
    return found;
}

MIP_INLINE struct mip_found find_block(const char *function, const void *p) {
    struct page *page = find_page(p);
    if (MIP_UNLIKELY(page == NULL))
        mip_strict_not_found(function, p);
    return find_in(function, page, p, false);
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
    unsigned before = (unsigned)(uintptr_t)end * 8 % 64; /* bits, in memory order */
    bool is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    return is_big_endian ? ~(uint64_t)0 >> before : ~(uint64_t)0 << before;
}

/* Is all guarded that lies behind the end?  Else END_MAX bytes of it and the last word: the rest of
   a class is short where blocks share pages, but after a block was made smaller; and what a single
   block no longer uses is the kernel's. */
MIP_INLINE bool is_guarded_whole(const struct page *page, const struct block *block,
                                 const char *end, uint32_t word, bool is_plain) {
    if (is_plain || page->bin != BIN_NONE)
        return CHECK_LEVEL > 0 || (word & SLOT_SHRUNK);
    return page->block_size - (size_t)(end - (const char *)block) < STRICT_PURGE_MIN;
}

MIP_INLINE const char *end_limit(const struct page *page, const struct block *block,
                                 const char *end, uint32_t word, bool is_plain) {
    const char *limit = (const char *)block + page->block_size;
    size_t most = END_MAX + WORD - (uintptr_t)end % WORD;
    if ((size_t)(limit - end) <= most || is_guarded_whole(page, block, end, word, is_plain))
        return limit;
    return end + most;
}

/* Writes before the start of the next block hit it first. */
MIP_INLINE char *last_word(const struct page *page, const struct block *block) {
    return (char *)(uintptr_t)block + page->block_size - WORD;
}

/* slot: SLOT_SHRUNK in it counts.  is_plain: at least one byte is left. */
MIP_INLINE void guard_end(const struct page *page, struct block *block, const char *end,
                          uint32_t slot, bool is_plain) {
    uint64_t guard = end_word(page, block), mask = tail_mask(end);
    char *at = (char *)mip_round_down((uintptr_t)end, WORD), *last = last_word(page, block);
    if (!is_plain && at > last)
        return;
    uint64_t word = (load(at) & ~mask) | (guard & mask);
    memcpy(at, &word, sizeof(word));
    if (at == last)
        return;
    memcpy(last, &guard, sizeof(guard));
    if (last - at > WORD) {
        const char *limit = end_limit(page, block, end, slot, is_plain);
        for (at += WORD; at < limit; at += WORD)
            memcpy(at, &guard, sizeof(guard));
    }
}

MIP_INLINE bool is_end_whole(const struct page *page, const struct block *block, const char *end,
                             uint32_t slot, bool is_plain) {
    uint64_t guard = end_word(page, block);
    const char *at = (const char *)mip_round_down((uintptr_t)end, WORD);
    const char *last = last_word(page, block);
    if (!is_plain && at > last)
        return true;
    uint64_t difference = (load(at) ^ guard) & tail_mask(end);
    if (at == last)
        return difference == 0;
    difference |= load(last) ^ guard;
    if (last - at > WORD) {
        const char *limit = end_limit(page, block, end, slot, is_plain);
        for (at += WORD; at < limit; at += WORD)
            difference |= load(at) ^ guard;
    }
    return difference == 0;
}

/* Does the last word of a live block hold what guards its end? */
MIP_INLINE bool is_last_word_whole(const struct page *page, const struct block *block,
                                   uint32_t word) {
    const char *last = last_word(page, block), *end = (const char *)block + mip_slot_value(word);
    uint64_t difference = load(last) ^ end_word(page, block);
    if (end > last)
        difference &= tail_mask(end);
    return difference == 0 || (word & SLOT_INTERIOR);
}

/* Two words at once, where the processor can.  Not passed to functions and not returned: without
   vector registers that has no convention. */
typedef uint64_t pair_t __attribute__((vector_size(2 * WORD)));

MIP_INLINE void fill_pair(pair_t *pair, unsigned char byte) {
    uint64_t word = 0x0101010101010101u * byte;
    *pair = (pair_t){word, word};
}

MIP_INLINE void add_difference(pair_t *difference, const char *p, const pair_t *pattern) {
    pair_t pair;
    memcpy(&pair, p, sizeof(pair));
    *difference |= pair ^ *pattern;
}

/* With what freed blocks hold; the sizes of blocks are multiples of 16. */
MIP_INLINE void wipe_small(void *block, size_t size) {
    pair_t pattern;
    fill_pair(&pattern, FREED_BYTE);
    char *p = block, *end = p + size;
    if (size & sizeof(pattern)) {
        memcpy(p, &pattern, sizeof(pattern));
        p += sizeof(pattern);
    }
    for (; p != end; p += 2 * sizeof(pattern)) {
        MIP_FORGET(p); /* or the compiler makes a call of it */
        memcpy(p, &pattern, sizeof(pattern));
        memcpy(p + sizeof(pattern), &pattern, sizeof(pattern));
    }
}

MIP_INLINE void wipe(void *block, size_t size) {
    if (size > WIPE_INLINE_MAX)
        memset(block, FREED_BYTE, size);
    else
        wipe_small(block, size);
}

/* The 32 bytes from p on. */
MIP_INLINE bool are_zero_beside(const char *p) {
    _Static_assert(NEIGHBOURHOOD == 4 * WORD, "these are all");
    return (load(p) | load(p + WORD) | load(p + 2 * WORD) | load(p + 3 * WORD)) == 0;
}

MIP_INLINE bool is_filled(const void *block, size_t size, unsigned char byte) {
    pair_t pattern, difference = {0, 0}, other = {0, 0};
    fill_pair(&pattern, byte);
    const char *p = block, *end = p + size;
    if (size & sizeof(pattern)) {
        add_difference(&difference, p, &pattern);
        p += sizeof(pattern);
    }
    for (; p != end; p += 2 * sizeof(pattern)) {
        add_difference(&difference, p, &pattern);
        add_difference(&other, p + sizeof(pattern), &pattern);
    }
    difference |= other;
    return (difference[0] | difference[1]) == 0;
}

/* Is what lies before the first block of the page as it was left? */
MIP_INLINE bool is_pad_whole(const struct page *page) {
    _Static_assert((int)PAGE_PAD_MIN == (int)NEIGHBOURHOOD, "that much is zero");
    return mip_page_pad(page) == 0 || are_zero_beside(page->start - PAGE_PAD_MIN);
}

/* A first look at what lies within NEIGHBOURHOOD bytes of a block of a plain page, at level full:
   false says that mip_strict_check_neighbours has to look.  Here for blocks at least as long as
   that. */
MIP_INLINE bool is_beside_whole(const struct mip_found *found) {
    const struct page *page = found->page;
    const char *block = (const char *)found->block;
    size_t size = page->block_size;
    if (found->index != 0) {
        uint32_t word = mip_load_relaxed(found->slot - 1);
        if (mip_slot_state(word) == SLOT_LIVE
                ? !is_last_word_whole(page, (const struct block *)(block - size), word)
                : !are_zero_beside(block - NEIGHBOURHOOD))
            return false;
    } else if (!is_pad_whole(page)) {
        return false;
    }
    return found->index + 1 >= page->capacity ||
           mip_slot_state(mip_load_relaxed(found->slot + 1)) == SLOT_LIVE ||
           are_zero_beside(block + size);
}

/* And for those of GRANULE bytes: two on each side. */
MIP_INLINE bool is_granule_whole(const struct mip_found *found, ptrdiff_t distance) {
    const char *block = (const char *)found->block + distance * GRANULE;
    uint32_t word = mip_load_relaxed(found->slot + distance);
    return mip_slot_state(word) == SLOT_LIVE
               ? is_last_word_whole(found->page, (const struct block *)block, word)
               : (load(block) | load(block + WORD)) == 0;
}

MIP_INLINE bool are_granules_beside_whole(const struct mip_found *found) {
    size_t index = found->index, capacity = found->page->capacity;
    return (index > 1 || is_pad_whole(found->page)) && (index < 1 || is_granule_whole(found, -1)) &&
           (index < 2 || is_granule_whole(found, -2)) &&
           (index + 1 >= capacity || is_granule_whole(found, 1)) &&
           (index + 2 >= capacity || is_granule_whole(found, 2));
}

MIP_INLINE bool are_neighbours_whole(const struct mip_found *found) {
    if (FREED_BYTE != 0)
        return false;
    return found->page->block_size < NEIGHBOURHOOD ? are_granules_beside_whole(found)
                                                   : is_beside_whole(found);
}

/* Has anybody written past the ends of the block?  Then the process ends.  is_beside: what lies
   beside the block is looked at too, which only the thread may ask for that owns the page. */
MIP_INLINE void check_ends(const char *function, const struct mip_found *found, bool is_beside,
                           bool is_plain) {
    const struct page *page = found->page;
    if (!is_plain && (mip_load_relaxed(&page->a_flags) & PAGE_CLOSED_OFF))
        return;
    if (MIP_UNLIKELY(
            !is_end_whole(page, found->block, found->p + found->size, found->word, is_plain)))
        mip_strict_fault_of_page(function, page, found->p, "written past its end");
    if (is_beside && !(is_plain && MIP_LIKELY(are_neighbours_whole(found))))
        mip_strict_check_neighbours(function, page, found->index, found->p);
}

/* Who looks at the block from the side leaves it alone from now on: other threads, and the child of
   a fork that cuts off what its own thread does to it here. */
MIP_INLINE void mark_changing(_Atomic(uint32_t) *slot, uint32_t word) {
    mip_store_relaxed(slot, word | SLOT_MESSAGE);
    atomic_thread_fence(memory_order_release); /* pairs with is_untouched */
}

/* The block goes: mark it so, and at level full wipe it. */
MIP_INLINE void mark_freed(const char *function, const struct mip_found *found, bool is_own,
                           bool is_plain, bool is_full) {
    const struct page *page = found->page;
    uint32_t waiting = mip_slot_word(SLOT_WAITING, 0), expected = found->word;
    if (COUNT_BLOCKS)
        mip_stat_bin_decrease(page->bin, page->block_size);
    bool is_wiped =
        is_full &&
        (is_plain || !(mip_load_relaxed(&page->a_flags) & (PAGE_CLOSED_OFF | PAGE_SINGLE)));
    if (!is_own) {
        if (!mip_cas_relaxed(found->slot, &expected, waiting | SLOT_MESSAGE))
            mip_strict_fault_of_page(function, page, found->p, "freed already");
        atomic_thread_fence(memory_order_release); /* pairs with is_untouched */
    } else if (is_wiped) {
        mark_changing(found->slot, waiting);
    }
    if (is_wiped)
        wipe(found->block, page->block_size);
    if (is_own)
        mip_store_release(found->slot, waiting); /* pairs with is_untouched */
}

/* The first block of a list, which is not empty, with its slot, what is in that, and its page. */
struct taken {
    struct page *page;
    struct block *block;
    _Atomic(uint32_t) *slot;
    uint32_t word;
};

MIP_INLINE struct taken take_first(struct block **list, struct page *page) {
    struct block *block = *list;
    _Atomic(uint32_t) *slot = &page->slots[mip_page_index(page, block)];
    uint32_t word = mip_load_relaxed(slot);
    *list = mip_slot_link(page, word);
    return (struct taken){page, block, slot, word};
}

/* The block is given out for `size` bytes; `bits` of its slot word besides.  With INTERIOR its end
   is still to be guarded.  is_plain: it has a size.  is_full: the level. */
MIP_INLINE void *hand_out(const struct taken *taken, size_t size, uint32_t bits, bool zero,
                          bool is_plain, bool is_full) {
    struct page *page = taken->page;
    struct block *block = taken->block;
    uint32_t word = taken->word;
    uint32_t live = mip_slot_word(SLOT_LIVE, (uint32_t)size) | bits;
    size_t block_size = page->block_size;
    if (MIP_UNLIKELY(mip_slot_state(word) != SLOT_FREE))
        mip_strict_fault_of_page("malloc", page, block, "corrupted free list");
    if (COUNT_BLOCKS)
        mip_stat_bin_increase(page->bin, block_size, size);
    if (!is_plain && (mip_load_relaxed(&page->a_flags) & PAGE_CLOSED_OFF)) {
        mip_store_relaxed(taken->slot, live);
        return block;
    }
    if (is_full) /* else its ends are all that changes, and nobody looks at them yet */
        mark_changing(taken->slot, word);
    bool is_zero = false;
    if (MIP_LIKELY(!(word & (SLOT_DIRTY | SLOT_FRESH)))) {
        if (is_full) {
            if (MIP_UNLIKELY(!is_filled(block, block_size, FREED_BYTE)))
                mip_strict_fault_of_page("malloc", page, block, "written to after it was freed");
            is_zero = FREED_BYTE == 0;
        }
    } else if (word & SLOT_FRESH) {
        if (is_full && block_size <= FRESH_CHECK_MAX && !is_filled(block, block_size, 0))
            mip_strict_fault_of_page("malloc", page, block, "written to after it was freed");
        is_zero = true;
    }
    if (!is_zero && (zero || (is_full && (word & SLOT_DIRTY))))
        memset(block, 0, block_size);
    if (NEW_BYTE != 0 && !zero)
        memset(block, NEW_BYTE, block_size);
    if (!(bits & SLOT_INTERIOR))
        guard_end(page, block, (char *)block + size, 0, is_plain);
    mip_store_release(taken->slot, live); /* pairs with is_untouched */
    return block;
}

#endif
