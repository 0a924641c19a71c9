/* SPDX-License-Identifier: MIT */
/* Floor 3, core: what is kept warm and what is given back.  Any thread, no lock: a purge first
   takes the slices, as an allocation would.

   The bound.  Warm slices up to W are kept: W is what was reused within the last epoch of ticks
   (it halves from epoch to epoch when nothing is), at least 1 MiB, at most a tenth of the peak.
   What lies above it is purged when slices are freed, high addresses first (allocation prefers
   low ones), in runs as long as possible.  A single event pays for at most twice what it freed, or
   4 MiB, whichever is more. */
#include "../base/options.h"
#include "../base/stats.h"
#include "../os/os.h"
#include "arena_private.h"
#include "size.h"

struct arena_table mip_arenas;

enum {
    WARM_LEAST = 16, /* slices: 1 MiB */
    PORTION = 64,    /* slices purged at once: 4 MiB */
    HYSTERESIS = 32, /* slices above the bound before it is worth a system call */
    EPOCH_TICKS = 64
};

static _Atomic(size_t) a_purging; /* threads that hold slices in order to purge them */
static _Atomic(size_t) a_warm;    /* slices that are warm; may run behind for a moment */
static _Atomic(size_t) a_bound;   /* W, but for its limits */
static _Atomic(size_t) a_reused;  /* in this epoch */
static _Atomic(size_t) a_used;    /* slices taken or warm, that is: resident at most */
static _Atomic(size_t) a_peak;
static _Atomic(size_t) a_ticks;
static _Atomic(size_t) a_idle_since; /* ms, truncated: when the last reuse was seen */

void mip_arena_note_take(size_t slices, size_t warm) {
    if (warm > 0) {
        mip_sub_relaxed(&a_warm, warm);
        mip_add_relaxed(&a_reused, warm);
    }
    if (warm == slices)
        return;
    size_t used = mip_add_relaxed(&a_used, slices - warm) + slices - warm;
    size_t peak = mip_load_relaxed(&a_peak);
    while (used > peak && !mip_cas_weak_relaxed(&a_peak, &peak, used))
        continue;
}

static size_t warm_bound(void) {
    if (mip_option_is_enabled(MIP_OPTION_CACHE_RESET))
        return 0;
    size_t peak = mip_load_relaxed(&a_peak);
    size_t bound = mip_max(mip_load_relaxed(&a_bound), mip_load_relaxed(&a_reused));
    return mip_max(mip_min(bound, peak / 10), WARM_LEAST);
}

/* Purge one run of warm slices that ends below `top`, at most `limit` long.  Its length; *next is
   where to go on (0: there is nothing further down). */
static size_t purge_run(struct arena *arena, size_t top, size_t limit, size_t *next) {
    *next = 0;
    if (top == 0)
        return 0;
    size_t last = mip_bitset_previous_set(arena->warm, top - 1);
    if (last == SIZE_MAX)
        return 0;
    size_t first = last;
    while (first > 0 && last - first + 1 < limit &&
           mip_bitset_is_any_set(arena->warm, first - 1, 1))
        first--;
    size_t count = last - first + 1;
    *next = first;
    if (!mip_bitset_claim(arena->taken, first, count)) {
        /* Part of it was taken meanwhile: try its last slice alone. */
        *next = last;
        first = last;
        count = 1;
        if (!mip_bitset_claim(arena->taken, first, count))
            return 0;
    }
    size_t warm = mip_bitset_clear(arena->warm, first, count);
    mip_sub_relaxed(&a_warm, warm);
    mip_sub_relaxed(&a_used, warm);
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    if (mip_os_purge(arena->base + (first << SLICE_SHIFT), count << SLICE_SHIFT)) {
        mip_bitset_clear(arena->dirty, first, count);
        mip_stat_increase(MIP_STAT_RESET, count << SLICE_SHIFT);
    }
    mip_bitset_give_back(arena->taken, first, count);
    return count;
}

/* Purge up to `wanted` warm slices. */
static void purge(size_t wanted) {
    size_t count = mip_load_acquire(&mip_arenas.a_count); /* acquire: pairs with register_arena */
    for (size_t i = count; i-- > 0 && wanted > 0;) {
        struct arena *arena = mip_load_acquire(&mip_arenas.a_arena[i]); /* acquire: likewise */
        if (arena == NULL || (arena->flags & ARENA_EXTERNAL))
            continue;
        /* Taken before the walk: who frees slices meanwhile raises the hint again. */
        mip_add_relaxed(&a_purging, 1);
        size_t top = mip_exchange_relaxed(&arena->a_warm_top, 0);
        while (top > 0 && wanted > 0) {
            size_t next;
            size_t done = purge_run(arena, top, wanted, &next);
            wanted -= mip_min(done, wanted);
            top = next;
        }
        mip_sub_relaxed(&a_purging, 1);
        mip_arena_raise_warm(arena, top);
    }
}

bool mip_arena_is_purging(void) {
    return mip_load_relaxed(&a_purging) != 0;
}

void mip_arena_note_warm(size_t slices) {
    mip_add_relaxed(&a_warm, slices);
}

void mip_arena_raise_warm(struct arena *arena, size_t end) {
    size_t top = mip_load_relaxed(&arena->a_warm_top);
    while (top < end && !mip_cas_relaxed(&arena->a_warm_top, &top, end))
        continue;
}

void mip_arena_purge_excess(size_t freed) {
    if (!mip_option_is_enabled(MIP_OPTION_PAGE_RESET))
        return;
    size_t warm = mip_load_relaxed(&a_warm);
    size_t bound = warm_bound();
    if (warm > bound && warm - bound >= (bound == 0 ? 1 : HYSTERESIS))
        purge(mip_min(warm - bound, mip_max(PORTION, freed)));
}

void mip_purge_fork_child(void) {
    /* A thread that is no more may have been between the bits and the count. */
    size_t warm = 0;
    for (size_t i = 0; i < ARENA_COUNT_MAX; i++) {
        struct arena *arena = mip_load_relaxed(&mip_arenas.a_arena[i]);
        if (arena != NULL) {
            warm += mip_bitset_count(arena->warm, 0, arena->slices);
            mip_arena_raise_warm(arena, mip_load_relaxed(&arena->a_frontier));
        }
    }
    mip_store_relaxed(&a_purging, 0);
    mip_store_relaxed(&a_warm, warm);
}

void mip_arena_collect(bool force) {
    if (force)
        purge(SIZE_MAX);
    else
        mip_arena_purge_excess(0);
}

void mip_arena_tick(uint64_t now, unsigned ticks) {
    size_t count = mip_add_relaxed(&a_ticks, ticks) + ticks;
    size_t reused = mip_load_relaxed(&a_reused);
    if (count >= EPOCH_TICKS && mip_cas_relaxed(&a_ticks, &count, 0)) {
        reused = mip_exchange_relaxed(&a_reused, 0);
        size_t bound = mip_load_relaxed(&a_bound);
        mip_store_relaxed(&a_bound, mip_max(reused, bound / 2));
    }
    size_t since = mip_load_relaxed(&a_idle_since);
    if (reused > 0 || since == 0) {
        mip_store_relaxed(&a_idle_since, (size_t)now + (now == 0));
        return;
    }
    size_t delay = (size_t)mip_option_get(MIP_OPTION_PURGE_DELAY);
    if ((size_t)now - since > delay && mip_option_is_enabled(MIP_OPTION_PAGE_RESET) &&
        mip_load_relaxed(&a_warm) > 0)
        purge(PORTION);
}
