/* SPDX-License-Identifier: MIT */
/* Floor 3, core: making an arena's slices accessible; see arena_private.h.  Part of the room arena.
 */
#include "../base/stats.h"
#include "../bits.h"
#include "../os/os.h"
#include "../variant.h"
#include "arena_private.h"
#include "size.h"

enum { COMMIT_SLICES_MIN = 8, COMMIT_SLICES_MAX = 512 };

bool mip_arena_commit_to(struct arena *arena, size_t end) {
    size_t frontier = mip_load_acquire(&arena->a_frontier); /* acquire: pairs with the CAS below */
    if (end <= frontier)
        return true;
    size_t step = mip_max(COMMIT_SLICES_MIN, mip_min(frontier / 4, COMMIT_SLICES_MAX));
    size_t target = mip_min(mip_max(end, frontier + step), arena->slices);
    char *from = arena->base + (frontier << SLICE_SHIFT);
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    if (!mip_os_commit(from, (target - frontier) << SLICE_SHIFT)) {
        target = end;
        if (!mip_os_commit(from, (target - frontier) << SLICE_SHIFT))
            return false;
    }
    while (frontier < target) {
        if (mip_cas_acq_rel(&arena->a_frontier, &frontier, target)) {
            mip_stat_increase(MIP_STAT_COMMITTED, (target - frontier) << SLICE_SHIFT);
            break;
        }
    }
    return true;
}

bool mip_arena_commit(struct arena *arena, size_t start, size_t slices) {
    if (!SLOTS || (arena->flags & ARENA_EXTERNAL))
        return mip_arena_commit_to(arena, start + slices);
    size_t frontier = mip_load_relaxed(&arena->a_frontier);
    while (frontier < start + slices &&
           !mip_cas_relaxed(&arena->a_frontier, &frontier, start + slices))
        continue;
    return mip_os_commit(arena->base + (start << SLICE_SHIFT), slices << SLICE_SHIFT);
}
