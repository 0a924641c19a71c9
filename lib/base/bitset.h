/* SPDX-License-Identifier: MIT */
/* Floor 2, base: sets of bits in atomic words, from which runs are claimed without a lock.
   A set bit means "taken".  Claims are all-or-nothing: a run that crosses words is taken word by
   word and given back when another thread was there first.  Any thread. */
#ifndef MIP_BITSET_H
#define MIP_BITSET_H

#include "../atomic.h"
#include "../bits.h"

typedef _Atomic(size_t) mip_bit_word;

/* Words needed for `count` bits. */
MIP_INLINE size_t mip_bitset_words(size_t count) {
    return mip_divide_up(count, MIP_WORD_BITS);
}

/* Set / clear the bits [start, start + count).  set: returns how many were clear before. */
size_t mip_bitset_set(mip_bit_word *set, size_t start, size_t count);
size_t mip_bitset_clear(mip_bit_word *set, size_t start, size_t count); /* how many were set */

bool mip_bitset_is_any_set(mip_bit_word *set, size_t start, size_t count);
bool mip_bitset_is_all_set(mip_bit_word *set, size_t start, size_t count);
size_t mip_bitset_count(mip_bit_word *set, size_t start, size_t count);

/* Take exactly this run: true when all its bits were clear and are now ours (acquire: pairs with
   the release in mip_bitset_give_back). */
bool mip_bitset_claim(mip_bit_word *set, size_t start, size_t count);

/* Give a claimed run back (release). */
void mip_bitset_give_back(mip_bit_word *set, size_t start, size_t count);

/* Find the lowest clear run of `count` bits in [from, to) whose index i satisfies
   (i + phase) % alignment == 0 (alignment a power of two), and claim it.  Its start, or SIZE_MAX.
 */
size_t mip_bitset_claim_run(mip_bit_word *set, size_t from, size_t to, size_t count,
                            size_t alignment, size_t phase);

/* First set (clear) bit at or after `from`, below `to`; `to` when there is none. */
size_t mip_bitset_next_set(mip_bit_word *set, size_t from, size_t to);
size_t mip_bitset_next_clear(mip_bit_word *set, size_t from, size_t to);

/* Last set bit in [least, from]; SIZE_MAX when there is none. */
size_t mip_bitset_previous_set(mip_bit_word *set, size_t from, size_t least);

#endif
