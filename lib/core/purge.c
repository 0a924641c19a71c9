/* SPDX-License-Identifier: MIT */
/* Floor 3, core: what is kept warm and what is given back.  Any thread, no lock: a purge first
   takes the slices, as an allocation would.

   The bound.  What is kept warm is what turned out to be missed: slices that were purged and then
   taken again raise the bound by as many, so a program that goes up and down finds its memory as
   it left it from the second time on.  What was warm through a whole period without being taken
   was too much: it lowers the bound by as many, and is purged little by little; a period is as long
   as the purge delay and is looked at by ticks.  Empty pages that heaps keep count as warm, but for
   those that were hardly used.  The bound is at least 1 MiB, and what is resident never exceeds
   what was lately in use at the top by more than a quarter.  So a program that frees what it built
   up, once, keeps 1 MiB.  What lies above the bound is purged when slices are freed, or
   taken cold, high addresses first (allocation prefers low ones), in runs of up to 16 MiB.  A
   single event pays for at most twice what it freed, or 4 MiB, whichever is more. */
#include "../base/options.h"
#include "../base/stats.h"
#include "../os/os.h"
#include "../variant.h"
#include "arena_private.h"
#include "size.h"

enum {
    WARM_LEAST = 16, /* slices: 1 MiB */
    PORTION = 64,    /* slices purged at once: 4 MiB */
    RUN_MOST = 256,  /* slices taken at once in order to be purged: who needs them has to wait */
    HYSTERESIS = 32  /* slices above the bound before it is worth a system call */
};

/* Of this period and the one before. */
struct lately {
    _Atomic(size_t) a_now, a_before;
};

static _Atomic(size_t) a_holding;    /* threads that hold slices for a moment */
static _Atomic(size_t) a_warm;       /* slices that are warm; may run behind for a moment */
static _Atomic(size_t) a_empty;      /* slices in pages that heaps keep though they are empty */
static _Atomic(size_t) a_live;       /* slices in use */
static _Atomic(size_t) a_missed;     /* slices to keep warm, since they were missed when purged */
static _Atomic(size_t) a_least_warm; /* in this period */
static _Atomic(size_t) a_least_free; /* likewise, of warm and empty ones together */
static _Atomic(size_t) a_unused;     /* warm through the whole period before: to be purged */
static struct lately most_live;      /* most slices in use */
static _Atomic(size_t) a_since;      /* ms, truncated: when this period began; 0: none has */

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

/* Slices in use, without those in empty pages. */
static size_t in_use(void) {
    size_t live = mip_load_relaxed(&a_live), empty = mip_load_relaxed(&a_empty);
    return live > empty ? live - empty : 0;
}

static size_t warm_bound(void) {
    if (mip_option_is_enabled(MIP_OPTION_CACHE_RESET))
        return 0;
    size_t most = lately(&most_live), used = in_use();
    most += most / 4;
    size_t room = most > used ? most - used : 0;
    return mip_max(mip_min(mip_load_relaxed(&a_missed) + WARM_LEAST, room), WARM_LEAST);
}

/* Purge one run of warm slices that ends below `top`, at most `limit` long.  Its length; *next is
   where to go on (0: there is nothing further down).  *missed: below this, there are some that
   somebody else had. */
static size_t purge_run(struct arena *arena, size_t top, size_t limit, size_t *next,
                        size_t *missed) {
    *next = 0;
    if (top == 0)
        return 0;
    size_t last = mip_bitset_previous_set(arena->warm, top - 1, 0);
    if (last == SIZE_MAX)
        return 0;
    size_t first = last;
    while (first > 0 && last - first + 1 < limit &&
           mip_bitset_is_any_set(arena->warm, first - 1, 1))
        first--;
    size_t count = last - first + 1;
    *next = first;
    if (!mip_bitset_claim(arena->taken, first, count)) {
        /* Part of it was taken meanwhile: try its last slice alone.  Who has it may give it back as
           it was, and tell nobody. */
        *missed = mip_max(*missed, last + 1);
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
    mip_arena_return(arena, first, count);
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
        mip_arena_hold();
        size_t top = mip_exchange_relaxed(&arena->a_warm_top, 0);
        mip_full_fence(); /* pairs with that in raise_hint */
        size_t missed = 0;
        while (top > 0 && wanted > 0) {
            size_t next;
            size_t done = purge_run(arena, top, mip_min(wanted, RUN_MOST), &next, &missed);
            wanted -= mip_min(done, wanted);
            top = next;
        }
        mip_arena_let_go();
        raise_hint(arena, mip_max(top, missed));
    }
}

static void note_least(_Atomic(size_t) *least, size_t now) {
    if (now < mip_load_relaxed(least))
        mip_store_relaxed(least, now);
}

/* What was free and resident is used again. */
MIP_INLINE void note_used(void) {
    note_least(&a_least_free, mip_load_relaxed(&a_warm) + mip_load_relaxed(&a_empty));
    raise(&most_live, in_use());
}

void mip_arena_note_empty(ptrdiff_t slices) {
    if (slices >= 0) {
        mip_add_relaxed(&a_empty, (size_t)slices);
    } else {
        lower(&a_empty, (size_t)-slices);
        note_used();
    }
}

bool mip_arena_may_keep(void) {
    return mip_load_relaxed(&a_warm) + mip_load_relaxed(&a_empty) <= warm_bound();
}

bool mip_arena_has_warm(size_t slices) {
    return mip_load_relaxed(&a_warm) >= slices;
}

void mip_arena_hold(void) {
    mip_add_relaxed(&a_holding, 1);
    mip_full_fence(); /* pairs with that in mip_arena_is_held */
}

void mip_arena_let_go(void) {
    /* release: pairs with the acquire in mip_arena_is_held */
    atomic_thread_fence(memory_order_release);
    lower(&a_holding, 1);
}

/* Asked after slices were found taken.  A no means that they can be taken now, if it was a thread
   between hold and let_go that had them. */
bool mip_arena_is_held(void) {
    mip_full_fence();
    return mip_load_acquire(&a_holding) != 0;
}

static void purge_excess(size_t freed) {
    if (!mip_option_is_enabled(MIP_OPTION_PAGE_RESET))
        return;
    size_t warm = mip_load_relaxed(&a_warm), kept = mip_load_relaxed(&a_empty);
    size_t bound = warm_bound();
    if (bound > 0)
        bound = mip_max(bound - mip_min(bound, kept), WARM_LEAST);
    if (warm > bound && warm - bound >= (bound == 0 ? 1 : HYSTERESIS))
        purge(mip_min(warm - bound, mip_max(PORTION, freed)));
}

void mip_arena_note_take(size_t slices, size_t warm, size_t reused) {
    mip_add_relaxed(&a_live, slices);
    if (warm > 0) {
        lower(&a_warm, warm);
        note_least(&a_least_warm, mip_load_relaxed(&a_warm));
        note_used();
    }
    if (reused > warm)
        mip_add_relaxed(&a_missed, reused - warm);
    raise(&most_live, in_use());
    /* Cold ones although others are warm: these were too short, or lie elsewhere. */
    if (warm < slices && mip_load_relaxed(&a_warm) > WARM_LEAST)
        purge_excess(slices);
}

void mip_arena_note_give(size_t slices) {
    lower(&a_live, slices);
    mip_add_relaxed(&a_warm, slices);
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
            raise_hint(arena, arena->slices);
        }
    }
    mip_store_relaxed(&a_holding, 0);
    mip_store_relaxed(&a_warm, warm);
    mip_store_relaxed(&a_live, live);
}

void mip_arena_collect(bool force) {
    if (force)
        purge(SIZE_MAX);
    else
        purge_excess(0);
}

/* In portions: what a fork cuts off stays taken in the child, like what any thread has in hand. */
static void close_free(struct arena *arena, bool renounce) {
    size_t end = mip_load_relaxed(&arena->a_frontier);
    size_t first = mip_bitset_next_clear(arena->taken, 0, end);
    while (first < end) {
        size_t next = mip_bitset_next_set(arena->taken, first, mip_min(first + PORTION, end));
        if (mip_bitset_claim(arena->taken, first, next - first)) {
            lower(&a_warm, mip_bitset_clear(arena->warm, first, next - first));
            mip_stat_increase(MIP_STAT_MMAPS, 2);
            char *start = arena->base + (first << SLICE_SHIFT);
            size_t size = (next - first) << SLICE_SHIFT;
            bool is_closed = mip_os_decommit(start, size);
            if (is_closed)
                mip_bitset_clear(arena->dirty, first, next - first);
            if (!renounce || !is_closed || mip_os_renounce(start, size) != MIP_OS_LOST) {
                if (renounce)
                    mip_os_advise_huge(start, size, mip_option_get(MIP_OPTION_LARGE_PAGES) == 2);
                mip_arena_return(arena, first, next - first);
            }
        }
        first = mip_bitset_next_clear(arena->taken, next, end);
    }
}

void mip_arena_close(bool renounce) {
    if (!SLOTS)
        return;
    size_t count = mip_load_acquire(&mip_arenas.a_count); /* acquire: pairs with register_arena */
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = mip_load_acquire(&mip_arenas.a_arena[i]); /* acquire: likewise */
        if (arena == NULL || (arena->flags & ARENA_EXTERNAL))
            continue;
        mip_arena_hold();
        close_free(arena, renounce);
        mip_arena_let_go();
    }
}

/* What was not used through the period is too much. */
static void end_period(void) {
    size_t warm = mip_load_relaxed(&a_warm), empty = mip_load_relaxed(&a_empty);
    lower(&a_missed, mip_min(mip_load_relaxed(&a_least_free), warm + empty));
    mip_store_relaxed(&a_unused, mip_min(mip_load_relaxed(&a_least_warm), warm));
    mip_store_relaxed(&a_least_warm, warm);
    mip_store_relaxed(&a_least_free, warm + empty);
    mip_store_relaxed(&most_live.a_before, mip_load_relaxed(&most_live.a_now));
    mip_store_relaxed(&most_live.a_now, in_use());
}

void mip_arena_tick(uint64_t now) {
    size_t since = mip_load_relaxed(&a_since);
    size_t delay = (size_t)mip_option_get(MIP_OPTION_PURGE_DELAY);
    if ((since == 0 || (size_t)now - since > delay) &&
        mip_cas_relaxed(&a_since, &since, (size_t)now + (now == 0))) {
        if (since != 0)
            end_period();
    }
    purge_excess(0);
    size_t unused = mip_load_relaxed(&a_unused);
    if (unused > 0 && mip_option_is_enabled(MIP_OPTION_PAGE_RESET)) {
        unused = mip_min(unused, PORTION);
        lower(&a_unused, unused);
        purge(unused);
    }
}
