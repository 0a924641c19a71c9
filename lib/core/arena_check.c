/* SPDX-License-Identifier: MIT */
/* Floor 3, core: the invariants of arenas.  Part of the room arena. */
#include "../base/report.h"
#include "../variant.h"
#include "arena_private.h"
#include "size.h"

enum { LOOKS = 100 };

/* Other threads may be at it: warm is set after dirty and cleared before it, so warm is read first,
   and what looks wrong is looked at again. */
static bool is_warm_dirty(const struct arena *arena, size_t word) {
    for (int i = 0; i < LOOKS; i++) {
        /* acquire: pairs with mip_bitset_set, which sets warm after dirty */
        size_t warm = mip_load_acquire(&arena->warm[word]);
        if ((warm & ~mip_load_relaxed(&arena->dirty[word])) == 0)
            return true;
    }
    return false;
}

void mip_arena_check(void) {
    unsigned count = CHECK_LEVEL < 2 ? 0 : mip_arena_count();
    for (unsigned i = 0; i < count; i++) {
        const struct arena *arena = mip_arena_at(i);
        if (arena == NULL)
            continue;
        MIP_ASSERT((uintptr_t)arena->base % SLICE_SIZE == 0);
        MIP_ASSERT(mip_load_relaxed(&arena->a_frontier) <= arena->slices);
        for (size_t word = 0; word < mip_bitset_words(arena->slices); word++)
            MIP_ASSERT(is_warm_dirty(arena, word));
    }
}

bool mip_arena_is_run_taken(unsigned id, const void *start, size_t slices) {
    const struct arena *arena = mip_arena_at(id);
    if (arena == NULL || (const char *)start < arena->base)
        return false;
    size_t first = (size_t)((const char *)start - arena->base) >> SLICE_SHIFT;
    return first < arena->slices && slices <= arena->slices - first &&
           mip_bitset_is_all_set(arena->taken, first, slices) &&
           !mip_bitset_is_any_set(arena->warm, first, slices);
}
