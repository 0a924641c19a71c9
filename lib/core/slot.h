/* SPDX-License-Identifier: MIT */
/* Floor 3, core: slot words, one per block of a page in variants with SLOTS.  They lie apart from
   the blocks, in type-stable memory, so that no write to a block reaches them; the links of free
   lists are in them too, and blocks that are not in use hold nothing of ours.

   A word is written by the owner of its page while the block is free, and by whoever frees the
   block; two threads that free one block at once are told apart by compare-and-swap.  All of it
   relaxed: a block passes from thread to thread by the program's own synchronisation, or by the
   messages'. */
#ifndef MIP_SLOT_H
#define MIP_SLOT_H

#include "../atomic.h"

enum slot_state {
    SLOT_UNUSED,  /* never carved: all bits 0 */
    SLOT_FREE,    /* on a list; value: index of the next block + 1, or 0 */
    SLOT_WAITING, /* freed, in the quarantine or on its way to the owner */
    SLOT_LIVE     /* given out; value: bytes asked for */
};

enum {
    SLOT_VALUE_BITS = 20,
    SLOT_VALUE_MASK = (1 << SLOT_VALUE_BITS) - 1,
    SLOT_STATE_SHIFT = SLOT_VALUE_BITS,
    SLOT_ALIGNMENT_SHIFT = SLOT_STATE_SHIFT + 2,  /* 5 bits: log2 of what was asked for, or 0 */
    SLOT_ORIGIN_SHIFT = SLOT_ALIGNMENT_SHIFT + 5, /* 2 bits, enum mip_origin */
    SLOT_INTERIOR = 1 << (SLOT_ORIGIN_SHIFT + 2), /* LIVE: the pointer lies within the block */
    SLOT_FRESH = SLOT_INTERIOR,                   /* FREE: nobody ever had the block: zero */
    SLOT_DIRTY = 1 << SLOT_ALIGNMENT_SHIFT,       /* FREE: likewise, but what is in it is unknown */
    SLOT_MESSAGE = 1 << (SLOT_ORIGIN_SHIFT + 3)   /* FREE: the block holds a message */
};
/* LIVE: all that lies behind the end is guarded. */
#define SLOT_SHRUNK ((uint32_t)1 << (SLOT_ORIGIN_SHIFT + 4))

MIP_INLINE unsigned mip_slot_state(uint32_t word) {
    return word >> SLOT_STATE_SHIFT & 3;
}

MIP_INLINE uint32_t mip_slot_value(uint32_t word) {
    return word & SLOT_VALUE_MASK;
}

MIP_INLINE uint32_t mip_slot_word(enum slot_state state, uint32_t value) {
    return (uint32_t)state << SLOT_STATE_SHIFT | value;
}

MIP_INLINE unsigned mip_slot_alignment(uint32_t word) {
    return word >> SLOT_ALIGNMENT_SHIFT & 31;
}

MIP_INLINE unsigned mip_slot_origin(uint32_t word) {
    return word >> SLOT_ORIGIN_SHIFT & 3;
}

/* A table of `count` words, all 0; NULL: no memory. */
_Atomic(uint32_t) *mip_slots_new(size_t count);
void mip_slots_give(_Atomic(uint32_t) *slots, size_t count);
void mip_slots_fork_child(void);

struct page;
struct block;

/* Set before the first page is made. */
extern MIP_HIDDEN bool mip_slots_in_order;

/* Link the blocks [index, index + count), which nobody ever had, in random order, or as they lie;
   the first. */
struct block *mip_slots_carve(struct page *page, uint32_t index, uint32_t count);

#endif
