/* SPDX-License-Identifier: MIT */
/* Floor 4, core: see strict.h.  The end of a block, from the last byte asked for on
   (is_guarded_whole says how far), and its last 8 bytes hold what depends on a key of the page and
   on the address, none of the bytes 0, so that the forgotten 0 of a string is seen.  At every free
   and reallocation they are compared, and at level full, at a free by the owner, what lies within
   32 bytes before and behind the block, too, where it is free or the end of another block. */
#include "strict_inline.h"

#include <errno.h>

#include "../base/options.h"
#include "../base/random.h"
#include "../base/report.h"
#include "../os/os.h"
#include "guard.h"
#include "trace.h"

bool mip_strict_is_full;
static uintptr_t secret;
static _Atomic(bool) a_is_started;

void mip_strict_start(void) {
    if (mip_load_acquire(&a_is_started)) /* acquire: pairs with the release below */
        return;
    mip_options_read_early();
    /* What random.c makes do with otherwise can be guessed. */
    unsigned char some[sizeof(uintptr_t)];
    if (!mip_os_random(some, sizeof(some)))
        mip_fatal("no random numbers from the kernel");
    /* Two threads may do this at once only before anything is allocated: both come to the same. */
    uintptr_t none = 0;
    uintptr_t word = (uintptr_t)mip_random() | 1;
    __atomic_compare_exchange_n(&secret, &none, word, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    mip_strict_is_full = mip_option_get(MIP_OPTION_SECURE_LEVEL) >= LEVEL_FULL;
    mip_slots_in_order = !mip_strict_is_full;
    mip_store_release(&a_is_started, true);
}

uintptr_t mip_strict_mask(const void *p) {
    uintptr_t mixed = ((uintptr_t)p ^ secret) * (uintptr_t)0x9e3779b97f4a7c15u;
    return (mixed ^ mixed >> (sizeof(mixed) * 4)) * (secret | 1);
}

void mip_strict_fault(const char *function, const void *p, size_t block_size, const char *fault) {
    if (TRACES)
        mip_trace_tell(p);
    if (block_size == 0)
        mip_fatal("%s: pointer %p, no size class: %s", function, p, fault);
    mip_fatal("%s: pointer %p, size class %zu: %s", function, p, block_size, fault);
}

_Noreturn MIP_COLD void mip_strict_fault_of_page(const char *function, const struct page *page,
                                                 const void *p, const char *fault) {
    mip_strict_fault(function, p,
                     mip_load_relaxed(&page->a_flags) & PAGE_CLOSED_OFF ? 0 : page->block_size,
                     fault);
}

MIP_COLD void mip_strict_not_found(const char *function, const void *p) {
    mip_strict_fault(function, p, 0,
                     mip_guard_was(p) ? "freed already"
                                      : "not from this allocator, or freed already");
}

/* What is known of the block that p points into. */
static MIP_COLD void tell_block(const struct block *block, const void *p) {
    if (TRACES && p != (const void *)block)
        mip_trace_tell(block);
}

/* Why p is no live block of the page. */
MIP_COLD void mip_strict_not_live(const char *function, const struct page *page,
                                  const struct block *block, const void *p, uint32_t word) {
    unsigned state = mip_slot_state(word);
    const char *fault = "freed already";
    if (state == SLOT_UNUSED || (state == SLOT_FREE && (word & (SLOT_FRESH | SLOT_DIRTY))))
        fault = "never allocated";
    else if (p != (const void *)block)
        fault = "not the start of a block";
    tell_block(block, p);
    mip_strict_fault_of_page(function, page, p, fault);
}

MIP_COLD void mip_strict_not_the_start(const char *function, const struct page *page,
                                       const struct block *block, const void *p) {
    tell_block(block, p);
    mip_strict_fault_of_page(function, page, p, "not the start of a block");
}

/* A block may have been given out from within; the exact place is known by what guards its end. */
MIP_COLD void mip_strict_check_interior(const char *function, const struct page *page,
                                        const struct block *block, const void *p, uint32_t word,
                                        size_t size) {
    size_t into = (size_t)((const char *)p - (const char *)block);
    if (!(word & SLOT_INTERIOR) || into > page->block_size || size > page->block_size - into)
        mip_strict_not_the_start(function, page, block, p);
}

struct mip_found mip_strict_find(const char *function, const void *p) {
    return find_block(function, p);
}

void mip_strict_check_ends(const char *function, const struct mip_found *found) {
    check_ends(function, found, false, false);
}

/* Is the end of a live block, or this part of a free one, as we left it? */
static bool is_as_left(const struct page *page, uint32_t index, uint32_t word, size_t from,
                       size_t size) {
    const char *block = page->start + (size_t)index * page->block_size;
    unsigned state = mip_slot_state(word);
    if (word & SLOT_MESSAGE)
        return true;
    if (state == SLOT_LIVE)
        return (from == 0 && page->block_size >= NEIGHBOURHOOD) ||
               is_last_word_whole(page, (const struct block *)block, word);
    if (state == SLOT_UNUSED ? !page->is_zero : (word & SLOT_DIRTY) != 0)
        return true;
    bool is_fresh = state == SLOT_UNUSED || (state == SLOT_FREE && (word & SLOT_FRESH));
    return is_filled(block + from, size, is_fresh ? 0 : FREED_BYTE);
}

/* What a thread does to another's block it does between two changes of the slot word: what looks
   wrong is looked at again, also where the word is the same, as it may be again. */
static bool is_untouched(const struct page *page, uint32_t index, size_t from, size_t size) {
    enum { LOOKS = 100 };
    for (int i = 0; i < LOOKS; i++) {
        /* acquire: pairs with mark_changing */
        uint32_t word = mip_load_acquire(&page->slots[index]);
        if (MIP_LIKELY(is_as_left(page, index, word, from, size)))
            return true;
        atomic_thread_fence(memory_order_acquire); /* pairs with the fence in mark_changing */
        if (mip_load_relaxed(&page->slots[index]) != word)
            return true;
    }
    return false;
}

/* What lies within 32 bytes of the block: of the smallest blocks, several; else the end of the one
   before and the start of the one behind.  Only the owner's thread asks. */
void mip_strict_check_neighbours(const char *function, const struct page *page, uint32_t index,
                                 const void *p) {
    static const char before[] = "written before its start, or past the end of a block before it";
    if (page->bin == BIN_NONE)
        return;
    size_t size = page->block_size, part = mip_min(size, NEIGHBOURHOOD);
    uint32_t count = (uint32_t)mip_max(NEIGHBOURHOOD / size, 1);
    uint32_t first = index > count ? index - count : 0;
    uint32_t last = (uint32_t)mip_min(page->capacity - 1, index + count);
    if (MIP_UNLIKELY(index < count && !is_pad_whole(page)))
        mip_strict_fault_of_page(function, page, p, before);
    for (uint32_t i = first; i < index; i++)
        if (MIP_UNLIKELY(!is_untouched(page, i, size - part, part))) {
            tell_block((const struct block *)(page->start + i * size), p);
            mip_strict_fault_of_page(function, page, p, before);
        }
    for (uint32_t i = index + 1; i <= last; i++)
        if (MIP_UNLIKELY(!is_untouched(page, i, 0, part))) {
            tell_block((const struct block *)(page->start + i * size), p);
            mip_strict_fault_of_page(
                function, page, p,
                "written past its end, or before the start of a block behind it");
        }
}

/* --- from live to free and back --- */

/* What a large block loses goes back to the kernel: writing zeroes might first need the memory. */
static void clear_lost(const struct page *page, char *p, size_t size) {
    char *first = (char *)mip_round_up((uintptr_t)p, mip_os_info.page_size);
    char *end = (char *)mip_round_down((uintptr_t)p + size, mip_os_info.page_size);
    int saved = errno; /* the kernel may refuse: not what is locked */
    if (size >= STRICT_PURGE_MIN && (mip_load_relaxed(&page->a_flags) & PAGE_MAPPED) &&
        mip_os_purge(first, (size_t)(end - first))) {
        memset(p, 0, (size_t)(first - p));
        memset(end, 0, (size_t)(p + size - end));
    } else {
        errno = saved;
        memset(p, 0, size);
    }
}

/* What a block gains holds what guarded its end; at level light as little as can be is written. */
static void fill_growth(const struct mip_found *found, size_t size, bool zero) {
    char *end = found->p + found->size, *last = last_word(found->page, found->block);
    size_t more = size - found->size;
    bool is_plain = found->page->bin != BIN_NONE;
    if (zero || mip_strict_is_full ||
        is_guarded_whole(found->page, found->block, end, found->word, is_plain)) {
        memset(end, zero ? 0 : NEW_BYTE, more);
        return;
    }
    memset(end, 0, mip_min(more, END_MAX + WORD));
    if (end + more > last && last > end)
        memset(last, 0, WORD);
}

void mip_strict_resize(const struct mip_found *found, size_t size, bool zero) {
    struct page *page = found->page;
    if (mip_load_relaxed(&page->a_flags) & PAGE_CLOSED_OFF)
        return; /* from 0 to 0 */
    bool is_single = page->bin == BIN_NONE;
    uint32_t value = is_single ? 0 : (uint32_t)size;
    uint32_t word = (found->word & ~(uint32_t)SLOT_VALUE_MASK) | value;
    if (size < found->size && !is_single)
        word |= SLOT_SHRUNK;
    mark_changing(found->slot, found->word);
    if (size > found->size)
        fill_growth(found, size, zero);
    else if (size < found->size && mip_strict_is_full && is_single)
        clear_lost(page, found->p + size, found->size - size);
    if (is_single)
        page->reciprocal = size;
    guard_end(page, found->block, found->p + size, word, false);
    mip_store_release(found->slot, word); /* pairs with is_untouched */
}

/* --- messages, which lie in blocks --- */

static bool is_message(const void *p) {
    const struct page *page = mip_pagemap_find(p);
    if (page == NULL)
        return false;
    uint32_t index = page->bin == BIN_NONE ? 0 : mip_page_index(page, p);
    if (index >= page->capacity ||
        (const char *)p != page->start + (size_t)index * page->block_size)
        return false;
    uint32_t word = mip_load_relaxed(&page->slots[index]);
    return mip_slot_state(word) == SLOT_FREE && (word & SLOT_MESSAGE);
}

void mip_strict_check_message(const void *next, const void *message) {
    if (MIP_UNLIKELY(!is_message(next)))
        mip_strict_fault_of_page("free", mip_pagemap_find(message), message,
                                 "block of another thread written to after it was freed");
}

/* What the message overwrites of it is looked at before: nobody would see it later. */
void mip_strict_begin_message(const struct page *page, const struct block *block) {
    if (mip_strict_is_full && page->bin != BIN_NONE) {
        uint64_t pattern = 0x0101010101010101u * FREED_BYTE;
        if (MIP_UNLIKELY(memcmp(block, &pattern, sizeof(struct message *)) != 0))
            mip_strict_fault_of_page("free", page, block,
                                     "block of another thread written to after it was freed");
    }
    _Atomic(uint32_t) *slot = &page->slots[mip_page_slot_index(page, block)];
    mark_changing(slot, mip_load_relaxed(slot));
}

void mip_strict_end_message(const struct page *page, struct block *block) {
    _Atomic(uint32_t) *slot = &page->slots[mip_page_slot_index(page, block)];
    if (mip_strict_is_full)
        memset(block, FREED_BYTE, sizeof(struct message *)); /* all that a message is here */
    mip_store_relaxed(slot, mip_load_relaxed(slot) & ~(uint32_t)SLOT_MESSAGE);
}
