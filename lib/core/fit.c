/* SPDX-License-Identifier: MIT */
/* Floor 3, core: which slices of an arena a run gets.  Any thread, no lock. */
#include "arena_private.h"

enum { LONG_RUN = 16 }; /* slices: 1 MiB; a search is worth it from here on */

/* A place for a long run: of the first gaps that are long enough, the one with the most warm
   slices, and of those the shortest.  What is not warm costs a page fault for each OS page, and
   what is left of a long gap serves longer runs. */
static size_t claim_long(struct arena *arena, size_t low, size_t slices, size_t alignment,
                         size_t phase) {
    enum { GAPS = 64 };
    size_t best = SIZE_MAX, best_cold = SIZE_MAX, best_length = 0, from = low;
    for (int gaps = 0; gaps < GAPS; gaps++) {
        size_t start = mip_bitset_next_clear(arena->taken, from, arena->slices);
        start += (0 - (start + phase)) & (alignment - 1);
        if (start >= arena->slices || arena->slices - start < slices)
            break;
        size_t end = mip_bitset_next_set(arena->taken, start, arena->slices);
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
