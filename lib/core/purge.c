/* SPDX-License-Identifier: MIT */
/* Floor 3, core: what is kept warm and what is given back.  Any thread, no lock: a purge first
   takes the slices, as an allocation would.

   The bound.  What a program oscillates with is kept warm, and no more than it needs to come back
   to where it was: slices up to the smaller of
     - the swing: how far the number of slices in use has lately risen again from its lowest point
       since its top, by slices that had been in use before, and
     - what is missing to the top of lately,
   at least 1 MiB.  Lately: in this period or the one before; a period is as long as the purge delay
   and is looked at by ticks.  So a program that frees what it built up, once, keeps 1 MiB, and
   what is resident never exceeds what was in use at the top by more.
   What lies above the bound is purged when slices are freed, or taken cold, high addresses first
   (allocation prefers low ones), in runs as long as possible.  A single event pays for at most
   twice what it freed, or 4 MiB, whichever is more. */
#include "../base/options.h"
#include "../base/stats.h"
#include "../os/os.h"
#include "arena_private.h"
#include "size.h"

struct arena_table mip_arenas;

enum {
    WARM_LEAST = 16, /* slices: 1 MiB */
    PORTION = 64,    /* slices purged at once: 4 MiB */
    HYSTERESIS = 32  /* slices above the bound before it is worth a system call */
};

/* Of this period and the one before. */
struct lately {
    _Atomic(size_t) a_now, a_before;
};

static _Atomic(size_t) a_purging;    /* threads that hold slices in order to purge them */
static _Atomic(size_t) a_warm;       /* slices that are warm; may run behind for a moment */
static _Atomic(size_t) a_live;       /* slices in use */
static _Atomic(size_t) a_low;        /* the least in use since the top */
static _Atomic(size_t) a_retaken;    /* since then, slices that had been in use before */
static struct lately most_live;      /* most slices in use */
static struct lately swing;          /* longest way back up */
static _Atomic(size_t) a_warm_taken; /* in this period, and whether any in the one before: */
static _Atomic(bool) a_is_idle;
static _Atomic(size_t) a_since; /* ms, truncated: when this period began; 0: none has */

/* Not below zero: in the child of a fork that a signal handler made in the midst of a purge, or of
   taking slices, they have been counted again already. */
static void lower(_Atomic(size_t) *count, size_t by) {
    size_t old = mip_load_relaxed(count);
    while (old > 0 && !mip_cas_weak_relaxed(count, &old, old - mip_min(old, by)))
        continue;
}

static size_t lately(const struct lately *value) {
    return mip_max(mip_load_relaxed(&value->a_now), mip_load_relaxed(&value->a_before));
}

/* Threads that do this at once may lose one another's steps: the bound is a guess in any case. */
static void raise(struct lately *value, size_t to) {
    if (to > mip_load_relaxed(&value->a_now))
        mip_store_relaxed(&value->a_now, to);
}

static void end_period(struct lately *value, size_t start) {
    mip_store_relaxed(&value->a_before, mip_load_relaxed(&value->a_now));
    mip_store_relaxed(&value->a_now, start);
}

static void start_dip(size_t live) {
    mip_store_relaxed(&a_low, live);
    mip_store_relaxed(&a_retaken, 0);
}

static size_t warm_bound(void) {
    if (mip_option_is_enabled(MIP_OPTION_CACHE_RESET))
        return 0;
    size_t live = mip_load_relaxed(&a_live), most = lately(&most_live);
    most += most / 8;
    size_t missing = most > live ? most - live : 0;
    return mip_max(mip_min(lately(&swing), missing), WARM_LEAST);
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
    lower(&a_warm, warm);
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    if (mip_os_purge(arena->base + (first << SLICE_SHIFT), count << SLICE_SHIFT)) {
        mip_bitset_clear(arena->dirty, first, count);
        mip_stat_increase(MIP_STAT_RESET, count << SLICE_SHIFT);
    }
    mip_bitset_give_back(arena->taken, first, count);
    return count;
}

/* There may be warm slices below `end`.  After these can be taken: a purge that could not take
   them has lowered the hint.  The fence pairs with that in purge: we see the hint lowered, or the
   purge sees our bits. */
static void raise_hint(struct arena *arena, size_t end) {
    mip_full_fence();
    size_t top = mip_load_relaxed(&arena->a_warm_top);
    while (top < end && !mip_cas_relaxed(&arena->a_warm_top, &top, end))
        continue;
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
        /* Pairs with that in raise_hint, and with the one in mip_arena_is_purging: who finds a
           slice taken by the walk finds it counted. */
        mip_full_fence();
        while (top > 0 && wanted > 0) {
            size_t next;
            size_t done = purge_run(arena, top, wanted, &next);
            wanted -= mip_min(done, wanted);
            top = next;
        }
        /* release: pairs with the acquire in mip_arena_is_purging */
        atomic_thread_fence(memory_order_release);
        lower(&a_purging, 1);
        raise_hint(arena, top);
    }
}

/* Asked after slices were found taken (the fence pairs with that in purge).  A no means that they
   can be taken now, if it was a purge that had them (acquire: pairs with the release there). */
bool mip_arena_is_purging(void) {
    mip_full_fence();
    return mip_load_acquire(&a_purging) != 0;
}

static void purge_excess(size_t freed) {
    if (!mip_option_is_enabled(MIP_OPTION_PAGE_RESET))
        return;
    size_t warm = mip_load_relaxed(&a_warm);
    size_t bound = warm_bound();
    if (warm > bound && warm - bound >= (bound == 0 ? 1 : HYSTERESIS))
        purge(mip_min(warm - bound, mip_max(PORTION, freed)));
}

void mip_arena_note_take(size_t slices, size_t warm, size_t reused) {
    size_t live = mip_add_relaxed(&a_live, slices) + slices;
    if (warm > 0) {
        lower(&a_warm, warm);
        mip_store_relaxed(&a_warm_taken, 1);
    }
    if (reused > 0) {
        size_t retaken = mip_add_relaxed(&a_retaken, reused) + reused;
        size_t low = mip_load_relaxed(&a_low);
        raise(&swing, mip_min(retaken, live > low ? live - low : 0));
    }
    if (live >= lately(&most_live)) {
        raise(&most_live, live);
        start_dip(live);
    }
    /* Cold ones although others are warm: these were too short, or lie elsewhere. */
    if (warm < slices && mip_load_relaxed(&a_warm) > WARM_LEAST)
        purge_excess(slices);
}

void mip_arena_note_give(size_t slices) {
    lower(&a_live, slices);
    size_t live = mip_load_relaxed(&a_live);
    mip_add_relaxed(&a_warm, slices);
    if (live < mip_load_relaxed(&a_low))
        start_dip(live);
}

void mip_arena_given(struct arena *arena, size_t end, size_t slices) {
    raise_hint(arena, end);
    purge_excess(slices);
}

void mip_purge_fork_child(void) {
    /* A thread that is no more may have been between the bits and the count. */
    size_t warm = 0, live = 0;
    for (size_t i = 0; i < ARENA_COUNT_MAX; i++) {
        struct arena *arena = mip_load_relaxed(&mip_arenas.a_arena[i]);
        if (arena != NULL && !(arena->flags & ARENA_EXTERNAL)) {
            warm += mip_bitset_count(arena->warm, 0, arena->slices);
            live += mip_bitset_count(arena->taken, 0, arena->slices);
            raise_hint(arena, mip_load_relaxed(&arena->a_frontier));
        }
    }
    mip_store_relaxed(&a_purging, 0);
    mip_store_relaxed(&a_warm, warm);
    mip_store_relaxed(&a_live, live);
    start_dip(live);
}

void mip_arena_collect(bool force) {
    if (force)
        purge(SIZE_MAX);
    else
        purge_excess(0);
}

void mip_arena_tick(uint64_t now) {
    size_t since = mip_load_relaxed(&a_since);
    size_t delay = (size_t)mip_option_get(MIP_OPTION_PURGE_DELAY);
    if ((since == 0 || (size_t)now - since > delay) &&
        mip_cas_relaxed(&a_since, &since, (size_t)now + (now == 0))) {
        mip_store_relaxed(&a_is_idle, mip_exchange_relaxed(&a_warm_taken, 0) == 0 && since != 0);
        end_period(&swing, 0);
        end_period(&most_live, mip_load_relaxed(&a_live));
    }
    if (!mip_load_relaxed(&a_is_idle) || mip_load_relaxed(&a_warm_taken) > 0)
        purge_excess(0);
    else if (mip_option_is_enabled(MIP_OPTION_PAGE_RESET) && mip_load_relaxed(&a_warm) > 0)
        purge(PORTION);
}
