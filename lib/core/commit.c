/* SPDX-License-Identifier: MIT */
/* Floor 3, core: making an arena's slices accessible; see arena_private.h.  Part of the room arena.
 */
#include <errno.h>

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
    if (arena->flags & ARENA_SPARSE)
        refuse_huge(arena, frontier, target);
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
