/* SPDX-License-Identifier: MIT */
/* Floor 3, core: which slices of an arena a run gets.  Owns the table of arenas.  Any thread, no
   lock. */
#include "../bits.h"
#include "arena_private.h"

struct arena_table mip_arenas;

static void lower(_Atomic(size_t) *low, size_t to) {
    size_t old = mip_load_relaxed(low);
    while (to < old && !mip_cas_relaxed(low, &old, to))
        continue;
}

size_t mip_arena_low(struct arena *arena, size_t slices) {
    unsigned level = mip_min(mip_highest_bit(slices), ARENA_LOWS - 1);
    size_t length = (size_t)1 << level;
    /* acquire: pairs with the release in mip_arena_return, so that what it gave back is seen */
    size_t gives = mip_load_acquire(&arena->a_gives);
    size_t low = mip_load_relaxed(&arena->a_low[level]), start = low;
    for (;;) {
        start = mip_bitset_next_clear(arena->taken, start, arena->slices);
        if (arena->slices - start < length) {
            start = arena->slices;
            break;
        }
        size_t end = mip_bitset_next_set(arena->taken, start, start + length);
        if (end - start == length)
            break;
        start = end;
    }
    if (start == low || !mip_cas_relaxed(&arena->a_low[level], &low, start))
        return start;
    /* Slices may have come back behind the search.  Who gave them sees the raised hint, or this
       sees the count; the fence pairs with that in mip_arena_return. */
    mip_full_fence();
    if (mip_load_relaxed(&arena->a_gives) != gives)
        lower(&arena->a_low[level], low);
    return start;
}

void mip_arena_return(struct arena *arena, size_t first, size_t slices) {
    const size_t longest = (size_t)1 << (ARENA_LOWS - 1);
    if (slices == 0)
        return;
    mip_bitset_give_back(arena->taken, first, slices);
    /* release: pairs with the acquire in mip_arena_low */
    (void)mip_add_release(&arena->a_gives, 1);
    /* Pairs with that in mip_arena_low; and of two threads that return neighbours, one sees both.
     */
    mip_full_fence();
    size_t start = first;
    if (first > 0) {
        size_t least = first - mip_min(first, longest - 1);
        size_t previous = mip_bitset_previous_set(arena->taken, first - 1, least);
        start = previous == SIZE_MAX ? least : previous + 1;
    }
    size_t end =
        mip_bitset_next_set(arena->taken, first + slices, mip_min(start + longest, arena->slices));
    for (unsigned level = 0; level < ARENA_LOWS && end - start >= (size_t)1 << level; level++)
        lower(&arena->a_low[level], start);
}

void mip_arena_forget_lows(void) {
    size_t count = mip_load_acquire(&mip_arenas.a_count); /* acquire: pairs with register_arena */
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = mip_load_acquire(&mip_arenas.a_arena[i]); /* acquire: likewise */
        for (unsigned level = 0; arena != NULL && level < ARENA_LOWS; level++)
            mip_store_relaxed(&arena->a_low[level], 0);
    }
}

enum { LONG_RUN = 16 }; /* slices: 1 MiB; a search is worth it from here on */

/* A place for a long run: of the first gaps that are long enough, the one with the most warm
   slices, and of those the shortest.  What is not warm costs a page fault for each OS page, and
   what is left of a long gap serves longer runs. */
static size_t claim_long(struct arena *arena, size_t low, size_t slices, size_t alignment,
                         size_t phase) {
    enum { GAPS = 64, GAP_MOST = 1024 };
    size_t best = SIZE_MAX, best_cold = SIZE_MAX, best_length = 0;
    size_t from = low, limit = SIZE_MAX;
    size_t warm_top = mip_load_relaxed(&arena->a_warm_top);
    for (int gaps = 0; gaps < GAPS && from < limit; gaps++) {
        size_t start = mip_bitset_next_clear(arena->taken, from, arena->slices);
        start += (0 - (start + phase)) & (alignment - 1);
        if (start >= arena->slices || arena->slices - start < slices)
            break;
        /* Behind a gap that is longer than this, and beyond what is warm, none is better. */
        limit = mip_max(start + mip_max(slices, GAP_MOST), warm_top);
        size_t end = mip_bitset_next_set(arena->taken, start, mip_min(limit, arena->slices));
        from = end;
        if (end - start < slices)
            continue;
        size_t cold = slices - mip_bitset_count(arena->warm, start, slices);
        if (cold < best_cold || (cold == best_cold && end - start < best_length)) {
            best = start;
            best_cold = cold;
            best_length = end - start;
        }
    }
    return best != SIZE_MAX && mip_bitset_claim(arena->taken, best, slices) ? best : SIZE_MAX;
}

size_t mip_arena_claim(struct arena *arena, size_t low, size_t slices, size_t alignment,
                       size_t phase) {
    size_t start = slices >= LONG_RUN ? claim_long(arena, low, slices, alignment, phase) : SIZE_MAX;
    if (start == SIZE_MAX)
        start = mip_bitset_claim_run(arena->taken, low, arena->slices, slices, alignment, phase);
    return start;
}
