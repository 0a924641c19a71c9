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

/* Open a run, and a step beyond it that is free and closed, if that can be had: the more is open,
   the longer the step. */
static bool open_run(struct arena *arena, size_t start, size_t slices) {
    size_t end = start + slices, frontier = mip_load_relaxed(&arena->a_frontier);
    size_t step = mip_max(COMMIT_SLICES_MIN, mip_min(frontier / 4, COMMIT_SLICES_MAX));
    size_t target = mip_min(mip_max(end, start + step), arena->slices);
    target = mip_bitset_next_set(arena->taken, end, target);
    size_t ahead = mip_bitset_next_set(arena->open, end, target) - end;
    mip_arena_hold();
    bool is_ahead = ahead > 0 && mip_bitset_claim(arena->taken, end, ahead);
    bool is_open = is_ahead && os_commit(arena, start, slices + ahead);
    if (is_open)
        note_open(arena, start, slices + ahead);
    if (is_ahead)
        mip_bitset_give_back(arena->taken, end, ahead);
    mip_arena_let_go();
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

void mip_arena_populate(char *start, size_t size) {
    size_t step = (size_t)mip_option_get(MIP_OPTION_POPULATE_STEP) * MIP_KIB;
    if (MIP_LIKELY(step == 0))
        return;
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    mip_os_populate(start, mip_round_down(mip_min(step, size), mip_os_info.page_size));
}
