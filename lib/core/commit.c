/* SPDX-License-Identifier: MIT */
/* Floor 3, core: making an arena's slices accessible; see arena_private.h.  Part of the room arena.
 */
#include <errno.h>

#include "../base/options.h"
#include "../base/stats.h"
#include "../bits.h"
#include "../os/os.h"
#include "../variant.h"
#include "arena_private.h"
#include "size.h"

enum { COMMIT_SLICES_MIN = 8, COMMIT_SLICES_MAX = 512 };

void mip_arena_note_filled(unsigned arena, ptrdiff_t slices) {
    mip_add_relaxed(&mip_arena_at(arena)->a_filled, (size_t)slices);
}

/* Where the kernel uses huge pages always, one page that is touched makes a huge page resident.  So
   an arena's memory is kept from them, but for what comes after its first 32 MiB while three
   quarters of all before is full of small blocks.  What is shorter than a huge page cannot be one.
 */
static void refuse_huge(struct arena *arena, size_t from, size_t to) {
    const size_t huge = mip_os_info.huge_page_size >> SLICE_SHIFT,
                 small = 32 * MIP_MIB >> SLICE_SHIFT;
    if (to < huge)
        return;
    if (from >= small && mip_load_relaxed(&arena->a_filled) / 3 >= from / 4)
        return;
    if (from < huge)
        from = 0;
    int saved = errno;
    mip_os_advise_huge(arena->base + (from << SLICE_SHIFT), (to - from) << SLICE_SHIFT, false);
    errno = saved;
}

/* A run that is accessible and still the caller's is known to be. */
static void note_open(struct arena *arena, size_t start, size_t slices) {
    if (arena->flags & ARENA_SPARSE)
        refuse_huge(arena, start, start + slices);
    size_t fresh = mip_bitset_set(arena->open, start, slices);
    mip_stat_increase(MIP_STAT_COMMITTED, fresh << SLICE_SHIFT);
    size_t frontier = mip_load_relaxed(&arena->a_frontier), next;
    do {
        next = mip_bitset_next_clear(arena->open, frontier, arena->slices);
        /* release: pairs with the acquire in mip_arena_commit */
    } while (next > frontier && !mip_cas_release(&arena->a_frontier, &frontier, next));
}

static bool os_commit(struct arena *arena, size_t start, size_t slices) {
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    return mip_os_commit(arena->base + (start << SLICE_SHIFT), slices << SLICE_SHIFT);
}

/* Claim what is free and closed right before `start`, down to the frontier: an alignment passes
   slices over, and each range that stays closed is a mapping to the kernel.  How many. */
static size_t claim_before(struct arena *arena, size_t start) {
    size_t from = mip_load_relaxed(&arena->a_frontier);
    if (from >= start)
        return 0;
    from = mip_max(from, mip_bitset_previous_set(arena->taken, start - 1, from) + 1); /* none: 0 */
    from = mip_max(from, mip_bitset_previous_set(arena->open, start - 1, from) + 1);
    return from < start && mip_bitset_claim(arena->taken, from, start - from) ? start - from : 0;
}

/* Claim what is free and closed from `start` on, and below `end`.  How many. */
static size_t claim_behind(struct arena *arena, size_t start, size_t end) {
    end = mip_bitset_next_set(arena->taken, start, mip_max(start, mip_min(end, arena->slices)));
    end = mip_bitset_next_set(arena->open, start, end);
    return end > start && mip_bitset_claim(arena->taken, start, end - start) ? end - start : 0;
}

/* Open a run, and with it what lies before it and behind it, up to `step` in all. */
static bool open_more(struct arena *arena, size_t start, size_t slices, size_t step) {
    mip_arena_hold();
    size_t before = claim_before(arena, start);
    size_t behind = claim_behind(arena, start + slices, start - before + step);
    size_t from = start - before, count = before + slices + behind;
    bool is_open = count > slices && os_commit(arena, from, count);
    if (is_open)
        note_open(arena, from, count);
    mip_arena_return(arena, from, before);
    mip_arena_return(arena, start + slices, behind);
    mip_arena_let_go();
    return is_open;
}

/* What threads that got into each other's way have left closed would stay so, and hold the frontier
   up: one such gap is opened with each step. */
static void open_gap(struct arena *arena, size_t below) {
    size_t from = mip_load_relaxed(&arena->a_frontier);
    if (MIP_LIKELY(from >= below))
        return;
    mip_arena_hold();
    size_t count = claim_behind(arena, from, below);
    if (count > 0 && os_commit(arena, from, count))
        note_open(arena, from, count);
    mip_arena_return(arena, from, count);
    mip_arena_let_go();
}

/* The more is open, the longer the step; one thread at a time takes it. */
static bool open_run(struct arena *arena, size_t start, size_t slices) {
    size_t frontier = mip_load_relaxed(&arena->a_frontier), step = 0;
    /* acquire: pairs with the release below */
    bool may_step = !mip_exchange_acquire(&arena->a_opening, true);
    if (may_step)
        step = mip_max(COMMIT_SLICES_MIN, mip_min(frontier / 4, COMMIT_SLICES_MAX));
    bool is_open = open_more(arena, start, slices, step);
    if (may_step && is_open)
        open_gap(arena, start);
    if (may_step)
        mip_store_release(&arena->a_opening, false);
    if (!is_open) {
        is_open = os_commit(arena, start, slices);
        if (is_open)
            note_open(arena, start, slices);
    }
    return is_open;
}

bool mip_arena_commit(struct arena *arena, size_t start, size_t slices) {
    if (!SLOTS || (arena->flags & ARENA_EXTERNAL)) {
        /* acquire: pairs with the release in note_open */
        return start + slices <= mip_load_acquire(&arena->a_frontier) ||
               mip_bitset_is_all_set(arena->open, start, slices) || open_run(arena, start, slices);
    }
    size_t frontier = mip_load_relaxed(&arena->a_frontier);
    while (frontier < start + slices &&
           !mip_cas_relaxed(&arena->a_frontier, &frontier, start + slices))
        continue;
    return mip_os_commit(arena->base + (start << SLICE_SHIFT), slices << SLICE_SHIFT);
}

size_t mip_arena_claim_open(struct arena *arena, size_t low, size_t slices, size_t alignment,
                            size_t phase) {
    size_t start = SIZE_MAX, from = low, end = mip_load_relaxed(&arena->a_frontier);
    while (!SLOTS && start == SIZE_MAX && from < arena->slices) {
        end = mip_bitset_next_clear(arena->open, mip_max(from, end), arena->slices);
        start = mip_bitset_claim_run(arena->taken, from, end, slices, alignment, phase);
        from = mip_bitset_next_set(arena->open, end, arena->slices);
    }
    return start;
}

void mip_arena_fork_opening(struct arena *arena, bool is_interrupted) {
    mip_store_relaxed(&arena->a_opening, false);
    /* One that was committed from the start is nobody's to open. */
    bool is_external = (arena->flags & ARENA_EXTERNAL) != 0;
    if (SLOTS || is_interrupted ||
        (is_external && mip_load_relaxed(&arena->a_frontier) == arena->slices))
        return;
    const mip_bit_word *owned = is_external ? arena->open : arena->touched;
    for (size_t i = 0; i < mip_bitset_words(arena->slices); i++)
        mip_and_acq_rel(&arena->taken[i], mip_load_relaxed(&owned[i]));
}

void mip_arena_populate(char *start, size_t size) {
    size_t step = (size_t)mip_option_get(MIP_OPTION_POPULATE_STEP) * MIP_KIB;
    if (MIP_LIKELY(step == 0))
        return;
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    mip_os_populate(start, mip_round_down(mip_min(step, size), mip_os_info.page_size));
}
