/* SPDX-License-Identifier: MIT */
/* Room base: sets of bits.  Owns nothing; all state is the caller's words.  No lock: a claim that
   loses a race gives back what it took, and it lost to a thread that is further on (words are
   taken in ascending order), so somebody always gets on.  Any thread. */
#include "bitset.h"

#define ALL_BITS (~(size_t)0)

/* The bits [low, low + count) of a word; low < MIP_WORD_BITS, 0 < count, low + count <= word. */
static inline size_t mask_of(unsigned low, unsigned count) {
    return (ALL_BITS >> (MIP_WORD_BITS - count)) << low;
}

/* A run, word by word: `mask` selects its bits in word `index`. */
struct walk {
    size_t index, mask;
    size_t position, end;
};

static inline bool walk_next(struct walk *walk) {
    unsigned low = (unsigned)(walk->position % MIP_WORD_BITS);
    size_t count;
    if (walk->position >= walk->end) {
        return false;
    }
    count = mip_min(walk->end - walk->position, MIP_WORD_BITS - low);
    walk->index = walk->position / MIP_WORD_BITS;
    walk->mask = mask_of(low, (unsigned)count);
    walk->position += count;
    return true;
}

static inline struct walk walk_of(size_t start, size_t count) {
    return (struct walk){.position = start, .end = start + count};
}

size_t mip_bitset_set(mip_bit_word *set, size_t start, size_t count) {
    struct walk walk = walk_of(start, count);
    size_t changed = 0;
    while (walk_next(&walk)) {
        // acq_rel, here and in clear: whoever changed a bit may have said something about it first
        changed += mip_bit_count(walk.mask & ~mip_or_acq_rel(&set[walk.index], walk.mask));
    }
    return changed;
}

size_t mip_bitset_clear(mip_bit_word *set, size_t start, size_t count) {
    struct walk walk = walk_of(start, count);
    size_t changed = 0;
    while (walk_next(&walk)) {
        // acq_rel: see set
        changed += mip_bit_count(walk.mask & mip_and_acq_rel(&set[walk.index], ~walk.mask));
    }
    return changed;
}

bool mip_bitset_is_any_set(mip_bit_word *set, size_t start, size_t count) {
    struct walk walk = walk_of(start, count);
    while (walk_next(&walk)) {
        if ((mip_load_relaxed(&set[walk.index]) & walk.mask) != 0) {
            return true;
        }
    }
    return false;
}

bool mip_bitset_is_all_set(mip_bit_word *set, size_t start, size_t count) {
    struct walk walk = walk_of(start, count);
    while (walk_next(&walk)) {
        if ((~mip_load_relaxed(&set[walk.index]) & walk.mask) != 0) {
            return false;
        }
    }
    return true;
}

size_t mip_bitset_count(mip_bit_word *set, size_t start, size_t count) {
    struct walk walk = walk_of(start, count);
    size_t found = 0;
    while (walk_next(&walk)) {
        found += mip_bit_count(mip_load_relaxed(&set[walk.index]) & walk.mask);
    }
    return found;
}

static bool claim_word(mip_bit_word *word, size_t mask) {
    size_t seen = mip_load_relaxed(word);
    while ((seen & mask) == 0) {
        // acquire: pairs with the release in mip_bitset_give_back
        if (mip_cas_acquire(word, &seen, seen | mask)) {
            return true;
        }
    }
    return false;
}

void mip_bitset_give_back(mip_bit_word *set, size_t start, size_t count) {
    struct walk walk = walk_of(start, count);
    while (walk_next(&walk)) {
        // release: pairs with the acquire in claim_word
        (void)atomic_fetch_and_explicit(&set[walk.index], ~walk.mask, memory_order_release);
    }
}

bool mip_bitset_claim(mip_bit_word *set, size_t start, size_t count) {
    struct walk walk = walk_of(start, count);
    while (walk_next(&walk)) {
        if (!claim_word(&set[walk.index], walk.mask)) {
            mip_bitset_give_back(
                set, start,
                walk.index * MIP_WORD_BITS <= start ? 0 : walk.index * MIP_WORD_BITS - start);
            return false;
        }
    }
    return true;
}

/* First bit at or after `from` whose word, turned over by `flip`, has it set. */
static inline size_t next_bit(mip_bit_word *set, size_t from, size_t to, size_t flip) {
    size_t index, word;
    if (from >= to) {
        return to;
    }
    index = from / MIP_WORD_BITS;
    word = (mip_load_relaxed(&set[index]) ^ flip) & (ALL_BITS << (from % MIP_WORD_BITS));
    while (word == 0) {
        index++;
        if (index * MIP_WORD_BITS >= to) {
            return to;
        }
        word = mip_load_relaxed(&set[index]) ^ flip;
    }
    return mip_min(index * MIP_WORD_BITS + mip_lowest_bit(word), to);
}

size_t mip_bitset_next_set(mip_bit_word *set, size_t from, size_t to) {
    return next_bit(set, from, to, 0);
}

size_t mip_bitset_next_clear(mip_bit_word *set, size_t from, size_t to) {
    return next_bit(set, from, to, ALL_BITS);
}

size_t mip_bitset_previous_set(mip_bit_word *set, size_t from, size_t least) {
    size_t index = from / MIP_WORD_BITS, found;
    size_t word =
        mip_load_relaxed(&set[index]) & (ALL_BITS >> (MIP_WORD_BITS - 1 - from % MIP_WORD_BITS));
    while (word == 0) {
        if (index <= least / MIP_WORD_BITS) {
            return SIZE_MAX;
        }
        word = mip_load_relaxed(&set[--index]);
    }
    found = index * MIP_WORD_BITS + mip_highest_bit(word);
    return found >= least ? found : SIZE_MAX;
}

/* Smallest i >= position with (i + phase) % alignment == 0. */
static inline size_t align_position(size_t position, size_t alignment, size_t phase) {
    return position + ((0 - (position + phase)) & (alignment - 1));
}

/* Any count and alignment: from gap to gap. */
static MIP_NOINLINE size_t claim_gap(mip_bit_word *set, size_t from, size_t to, size_t count,
                                     size_t alignment, size_t phase) {
    size_t start = from, taken;
    for (;;) {
        start = align_position(mip_bitset_next_clear(set, start, to), alignment, phase);
        if (start >= to || to - start < count) {
            return SIZE_MAX;
        }
        taken = mip_bitset_next_set(set, start, start + count);
        if (taken < start + count) {
            start = taken + 1;
        } else if (mip_bitset_claim(set, start, count)) {
            return start;
        }
        /* else another thread was faster, and the next look sees what it took */
    }
}

/* Bits of `clear` at which `count` set bits in a row begin: each step doubles the length that is
   known, and shifted-in zeros keep runs from going past the top. */
static inline size_t run_starts(size_t clear, unsigned count) {
    unsigned known = 1;
    while (known < count && clear != 0) {
        unsigned step = count - known < known ? count - known : known;
        clear &= clear >> step;
        known += step;
    }
    return clear;
}

/* Bits i of any word with (i + phase) % alignment == 0, for alignments up to the word. */
static inline size_t aligned_bits(size_t alignment, size_t phase) {
    size_t bits = 1;
    for (size_t step = alignment; step < MIP_WORD_BITS; step *= 2) {
        bits |= bits << step;
    }
    return bits << align_position(0, alignment, phase);
}

/* Where a run may begin that goes on into the next word, as seen in `clear`: of all such places
   the lowest, since it needs the fewest bits there, so that no other one can succeed where it
   fails.  MIP_WORD_BITS when there is none. */
static inline unsigned crossing_start(size_t clear, unsigned count, size_t aligned) {
    size_t taken = ~clear;
    size_t places = taken == 0 ? ALL_BITS : ALL_BITS << mip_highest_bit(taken) << 1;
    places &= ~(ALL_BITS >> (count - 1)) & aligned;
    return places == 0 ? MIP_WORD_BITS : mip_lowest_bit(places);
}

/* Claim the lowest run that begins in word `index`; runs of one word at most. */
static inline size_t claim_from_word(mip_bit_word *set, size_t index, size_t from, size_t to,
                                     unsigned count, size_t aligned) {
    size_t base = index * MIP_WORD_BITS;
    size_t usable = base < from ? ALL_BITS << (from - base) : ALL_BITS;
    size_t word = mip_load_relaxed(&set[index]);
    size_t seen, clear, starts;
    unsigned start;
    if (to - base < MIP_WORD_BITS) {
        usable &= ~(ALL_BITS << (to - base));
    }
    for (;;) {
        seen = word;
        clear = ~word & usable;
        starts = run_starts(clear, count) & aligned;
        if (starts != 0) {
            start = mip_lowest_bit(starts);
            // acquire: pairs with the release in mip_bitset_give_back
            if (mip_cas_acquire(&set[index], &word, word | mask_of(start, count))) {
                return base + start;
            }
            continue;
        }
        start = crossing_start(clear, count, aligned);
        if (start == MIP_WORD_BITS || to - base - start < count) {
            return SIZE_MAX;
        }
        if (mip_bitset_claim(set, base + start, count)) {
            return base + start;
        }
        word = mip_load_relaxed(&set[index]);
        if (word == seen) {
            return SIZE_MAX;
        }
    }
}

size_t mip_bitset_claim_run(mip_bit_word *set, size_t from, size_t to, size_t count,
                            size_t alignment, size_t phase) {
    size_t aligned, start = SIZE_MAX;
    if (count == 0 || from >= to || to - from < count) {
        return SIZE_MAX;
    }
    if (count > MIP_WORD_BITS || alignment > MIP_WORD_BITS) {
        return claim_gap(set, from, to, count, alignment, phase);
    }
    aligned = aligned_bits(alignment, phase);
    for (size_t index = from / MIP_WORD_BITS; index * MIP_WORD_BITS < to; index++) {
        if (mip_load_relaxed(&set[index]) != ALL_BITS) {
            start = claim_from_word(set, index, from, to, (unsigned)count, aligned);
        }
        if (start != SIZE_MAX) {
            break;
        }
    }
    return start;
}
