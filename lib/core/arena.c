/* SPDX-License-Identifier: MIT */
/* Floor 3, core: see arena.h.  Purging is in purge.c. */
#include "arena.h"

#include "../base/options.h"
#include "../base/random.h"
#include "../base/report.h"
#include "../base/stats.h"
#include "../os/os.h"
#include "../tool.h"
#include "arena_private.h"
#include "meta.h"
#include "pagemap.h"
#include "size.h"

enum { PLACES = 256 };

/* While one thread reserves an arena, others take a mapping of their own. */
static mip_flag a_growing;

static _Atomic(bool) a_has_requested; /* there are arenas that the program asked for */

struct arena *mip_arena_at(unsigned id) {
    /* acquire: pairs with the release in register_arena */
    return id < ARENA_COUNT_MAX ? mip_load_acquire(&mip_arenas.a_arena[id]) : NULL;
}

static unsigned register_arena(struct arena *arena) {
    size_t i = mip_load_relaxed(&mip_arenas.a_count);
    for (; i < ARENA_COUNT_MAX; i++) {
        struct arena *expected = NULL;
        /* release: pairs with the acquire in mip_arena_at */
        if (mip_cas_release(&mip_arenas.a_arena[i], &expected, arena)) {
            size_t count = mip_load_relaxed(&mip_arenas.a_count);
            while (count < i + 1 && !mip_cas_release(&mip_arenas.a_count, &count, i + 1))
                continue;
            mip_stat_increase(MIP_STAT_SEGMENTS, 1);
            if (arena->flags & ARENA_REQUESTED)
                mip_store_relaxed(&a_has_requested, true);
            return (unsigned)i;
        }
    }
    return ARENA_NONE;
}

static struct arena *arena_new(char *base, size_t slices, size_t frontier, unsigned flags) {
    size_t words = mip_bitset_words(slices);
    struct arena *arena = mip_meta_alloc(sizeof(struct arena) + 5 * words * sizeof(mip_bit_word));
    if (arena == NULL)
        return NULL;
    arena->base = base;
    arena->slices = slices;
    arena->flags = flags;
    mip_store_relaxed(&arena->a_frontier, frontier);
    arena->taken = (mip_bit_word *)(arena + 1);
    arena->dirty = arena->taken + words;
    arena->warm = arena->dirty + words;
    arena->open = arena->warm + words;
    arena->touched = arena->open + words;
    return arena;
}

/* Address space that the window of the page map should span. */
static size_t wanted_window(void) {
    size_t memory = mip_os_info.memory_size;
    size_t least =
        sizeof(void *) < 8 ? (size_t)1 << 30 : (size_t)64 << (sizeof(void *) < 8 ? 0 : 30);
    if (mip_os_info.address_limit != SIZE_MAX)
        return mip_round_up(mip_min(mip_os_info.address_limit, least), SLICE_SIZE);
    size_t window = least;
    while (sizeof(void *) == 8 && memory != SIZE_MAX && window / 4 < memory &&
           window < (size_t)1 << (MIP_WORD_BITS - 20))
        window *= 2;
    return window;
}

/* Where the next arena should begin: behind the last one in the window, or for the first, far
   enough below the libraries that the window above it stays free. */
static void *arena_hint(size_t size) {
    size_t window = mip_pagemap_window_size();
    if (window == 0) {
        size_t wanted = wanted_window();
        uintptr_t here = mip_round_down((uintptr_t)&mip_window, (size_t)1 << 30);
        if (sizeof(void *) < 8 || mip_os_info.address_limit != SIZE_MAX || here / 4 < wanted)
            return NULL;
        uintptr_t apart = SLOTS ? (mip_random() % (wanted / (2 * MIP_MIB))) * 2 * MIP_MIB : 0;
        return (void *)(here - 2 * wanted - apart);
    }
    uintptr_t base = mip_load_word(&mip_window.base);
    uintptr_t end = base;
    size_t count = mip_load_relaxed(&mip_arenas.a_count);
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = mip_arena_at((unsigned)i);
        uintptr_t top = arena == NULL ? 0 : (uintptr_t)arena->base + (arena->slices << SLICE_SHIFT);
        if (top > end && top - base <= window)
            end = top;
    }
    if (end - base > window || size > window - (end - base))
        return NULL;
    return (void *)end;
}

/* The first allocation may come before the library's constructor. */
static size_t first_reserve(void) {
    mip_options_read_early();
    size_t size = (size_t)mip_option_get(MIP_OPTION_ARENA_RESERVE) * MIP_KIB;
    if (sizeof(void *) < 8)
        size = mip_min(size, 64 * MIP_MIB);
    if (mip_os_info.address_limit != SIZE_MAX)
        size = mip_min(size, mip_os_info.address_limit / 16);
    return mip_round_up(mip_max(size, SLICE_SIZE), SLICE_SIZE);
}

/* Reserve another arena that can hold `slices`. */
static bool grow(size_t slices) {
    size_t count = mip_load_relaxed(&mip_arenas.a_count);
    if (count >= ARENA_COUNT_MAX)
        return false; /* no memory for a record that would find no place */
    size_t size = first_reserve();
    for (size_t i = 0; i < count && size < (size_t)1 << (MIP_WORD_BITS - 18); i++) {
        const struct arena *other = mip_arena_at((unsigned)i);
        if (other != NULL &&
            !(other->flags & ARENA_REQUESTED)) /* those of the program say nothing */
            size *= 2;
    }
    size = mip_max(size, slices << SLICE_SHIFT);
    size_t alignment = size >= 4 * MIP_MIB ? 2 * MIP_MIB : SLICE_SIZE;
    char *base = NULL;
    for (;;) {
        size = mip_round_up(size, alignment);
        base = mip_os_reserve(arena_hint(size), size, alignment);
        if (base != NULL)
            break;
        if (size / 2 < slices << SLICE_SHIFT)
            return false;
        size /= 2;
        alignment = size >= 4 * MIP_MIB ? 2 * MIP_MIB : SLICE_SIZE;
    }
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    mip_stat_increase(MIP_STAT_RESERVED, size);
    mip_os_name(base, size, "mimalloc");
    if (mip_pagemap_window_size() == 0) /* most often the first arena's */
        mip_pagemap_init((uintptr_t)base, mip_max(wanted_window(), size));
    bool is_open = mip_option_is_enabled(MIP_OPTION_POOL_COMMIT) && mip_os_commit(base, size);
    mip_stat_increase(MIP_STAT_MMAPS, is_open);
    long large = mip_option_get(MIP_OPTION_LARGE_PAGES);
    bool is_sparse = large == 1 && !SLOTS && !is_open;
    if (!is_sparse)
        mip_os_advise_huge(base, size, large == 2);
    unsigned flags = (is_open ? ARENA_COMMITTED : 0) | (is_sparse ? ARENA_SPARSE : 0);
    struct arena *arena =
        arena_new(base, size >> SLICE_SHIFT, is_open ? size >> SLICE_SHIFT : 0, flags);
    if (arena == NULL || register_arena(arena) == ARENA_NONE) {
        mip_os_release(base, size);
        mip_stat_decrease(MIP_STAT_RESERVED, size);
        return false;
    }
    mip_tool_mapped(base, size);
    mip_stat_increase(MIP_STAT_COMMITTED, is_open ? size : 0);
    return true;
}

/* How many slices of a run that is taken nobody had before. */
static size_t note_touched(struct arena *arena, size_t start, size_t slices) {
    return mip_bitset_is_all_set(arena->touched, start, slices)
               ? 0
               : mip_bitset_set(arena->touched, start, slices);
}

/* A claimed run becomes the caller's. */
static void *adopt_run(size_t i, struct arena *arena, size_t start, size_t slices, unsigned *id,
                       bool *is_zero) {
    size_t warm = mip_bitset_clear(arena->warm, start, slices);
    if (!(arena->flags & ARENA_EXTERNAL)) {
        size_t fresh = note_touched(arena, start, slices);
        mip_arena_note_take(slices, warm, slices - fresh);
        if (SLOTS && !(arena->flags & ARENA_COMMITTED))
            mip_stat_increase(MIP_STAT_COMMITTED, fresh << SLICE_SHIFT);
        if (warm == 0)
            mip_arena_populate(arena->base + (start << SLICE_SHIFT), slices << SLICE_SHIFT);
    }
    *is_zero = !mip_bitset_is_any_set(arena->dirty, start, slices);
    *id = (unsigned)i;
    return arena->base + (start << SLICE_SHIFT);
}

/* *refused: there are slices, but the kernel gives no memory for them. */
static void *take_from(size_t i, struct arena *arena, size_t slices, size_t alignment, unsigned *id,
                       bool *is_zero, bool *refused) {
    if (slices > arena->slices)
        return NULL;
    size_t low = mip_arena_low(arena, slices);
    if (low == arena->slices)
        return NULL;
    size_t phase = (uintptr_t)arena->base >> SLICE_SHIFT;
    size_t start = SIZE_MAX;
    if (SLOTS) /* any of the first; further up the lowest: to pass warm ones over costs memory */
        start = mip_bitset_claim_run(arena->taken, mip_max(low, mip_random() % PLACES),
                                     arena->slices, slices, alignment >> SLICE_SHIFT, phase);
    if (start == SIZE_MAX)
        start = mip_arena_claim(arena, low, slices, alignment >> SLICE_SHIFT, phase);
    if (start == SIZE_MAX)
        return NULL;
    if (!mip_arena_commit(arena, start, slices)) {
        mip_arena_return(arena, start, slices);
        /* That what is accessible was passed over was only thrift. */
        start = mip_arena_claim_open(arena, low, slices, alignment >> SLICE_SHIFT, phase);
        *refused = start == SIZE_MAX;
        if (*refused)
            return NULL;
    }
    return adopt_run(i, arena, start, slices, id, is_zero);
}

/* The arenas that have `flags` and no others of REQUESTED and EXCLUSIVE. */
static void *take_among(unsigned flags, size_t slices, size_t alignment, unsigned *id,
                        bool *is_zero, bool *refused) {
    unsigned count = mip_arena_count();
    for (unsigned i = 0; i < count; i++) {
        struct arena *arena = mip_arena_at(i);
        if (arena == NULL || (arena->flags & (ARENA_REQUESTED | ARENA_EXCLUSIVE)) != flags)
            continue;
        void *p = take_from(i, arena, slices, alignment, id, is_zero, refused);
        if (p != NULL)
            return p;
    }
    return NULL;
}

/* From an ordinary arena, or a new one. */
static void *take_or_grow(size_t slices, size_t alignment, unsigned *id, bool *is_zero) {
    bool refused = false;
    for (int attempt = 0; attempt < 2; attempt++) {
        size_t count = mip_arena_count();
        void *p = take_among(0, slices, alignment, id, is_zero, &refused);
        if (p == NULL && !refused) {
            mip_arena_forget_lows(); /* one may have hidden a place */
            p = take_among(0, slices, alignment, id, is_zero, &refused);
        }
        if (p != NULL)
            return p;
        /* Two arenas are as good as one, but a thread that is stopped here must not stop
           everybody: who finds the lock taken goes away without memory and the caller takes a
           mapping of its own. */
        if (refused || attempt > 0 || mip_exchange_acquire(&a_growing, true))
            return NULL;
        size_t now = mip_load_relaxed(&mip_arenas.a_count);
        size_t extra = alignment > SLICE_SIZE ? alignment >> SLICE_SHIFT : 0;
        bool grown = now != count || grow(slices + extra);
        mip_store_release(&a_growing, false);
        if (!grown)
            return NULL;
    }
    return NULL;
}

void *mip_arena_take_requested(size_t slices, size_t alignment, unsigned *id, bool *is_zero) {
    bool refused;
    return MIP_LIKELY(!mip_load_relaxed(&a_has_requested))
               ? NULL
               : take_among(ARENA_REQUESTED, slices, alignment, id, is_zero, &refused);
}

void *mip_arena_take(size_t slices, size_t alignment, unsigned only, unsigned *id, bool *is_zero) {
    bool refused = false;
    if (MIP_UNLIKELY(only != 0)) {
        struct arena *arena = mip_arena_at(only - 1);
        void *p = take_from(only - 1, arena, slices, alignment, id, is_zero, &refused);
        if (p != NULL || refused)
            return p;
        mip_arena_forget_lows(); /* one may have hidden a place */
        return take_from(only - 1, arena, slices, alignment, id, is_zero, &refused);
    }
    void *p = mip_arena_take_requested(slices, alignment, id, is_zero);
    return p != NULL ? p : take_or_grow(slices, alignment, id, is_zero);
}

void mip_arena_give(unsigned id, void *start, size_t slices) {
    struct arena *arena = mip_arena_at(id);
    size_t first = (size_t)((char *)start - arena->base) >> SLICE_SHIFT;
    mip_bitset_set(arena->dirty, first, slices);
    if (!(arena->flags & ARENA_EXTERNAL)) {
        mip_arena_note_give(slices);
        mip_bitset_set(arena->warm, first, slices);
    }
    mip_arena_return(arena, first, slices);
    if (!(arena->flags & ARENA_EXTERNAL))
        mip_arena_given(arena, first + slices, slices);
}

bool mip_arena_extend(unsigned id, void *start, size_t slices, size_t new_slices, bool *is_zero) {
    struct arena *arena = mip_arena_at(id);
    size_t first = (size_t)((char *)start - arena->base) >> SLICE_SHIFT;
    if (new_slices > arena->slices - first)
        return false;
    size_t from = first + slices, count = new_slices - slices;
    if (!mip_bitset_claim(arena->taken, from, count))
        return false;
    if (!mip_arena_commit(arena, from, count)) {
        mip_arena_return(arena, from, count);
        return false;
    }
    unsigned ignored;
    adopt_run(id, arena, from, count, &ignored, is_zero);
    return true;
}

void *mip_arena_map(size_t bytes, size_t alignment) {
    void *p = mip_os_map(NULL, bytes, alignment);
    if (p == NULL)
        return NULL;
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    mip_stat_increase(MIP_STAT_RESERVED, bytes);
    mip_stat_increase(MIP_STAT_COMMITTED, bytes);
    mip_tool_mapped(p, bytes);
    long large = mip_option_get(MIP_OPTION_LARGE_PAGES);
    if (large != 1)
        mip_os_advise_huge(p, bytes, large == 2);
    mip_arena_populate(p, bytes);
    return p;
}

void mip_arena_unmap(void *start, size_t bytes) {
    mip_tool_unmapped(start, bytes);
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    mip_stat_decrease(MIP_STAT_RESERVED, bytes);
    mip_stat_decrease(MIP_STAT_COMMITTED, bytes);
    if (mip_os_release(start, bytes))
        return;
    /* The kernel would have to split a mapping and may not: keep the addresses, not the memory. */
    mip_os_purge(start, bytes);
}

size_t mip_arena_run_max(void) {
    return mip_max(first_reserve() / 8 >> SLICE_SHIFT, 1);
}

bool mip_arena_may_purge(unsigned id) {
    return !(mip_arena_at(id)->flags & ARENA_EXTERNAL);
}

bool mip_arena_has(const void *p) {
    size_t count = mip_load_acquire(&mip_arenas.a_count); /* acquire: as in mip_arena_at */
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = mip_arena_at((unsigned)i);
        if (arena != NULL && (size_t)((const char *)p - arena->base) < arena->slices << SLICE_SHIFT)
            return true;
    }
    return false;
}

unsigned mip_arena_add(void *start, size_t size, bool is_committed, bool is_zero, unsigned flags) {
    char *base = (char *)mip_round_up((uintptr_t)start, SLICE_SIZE);
    size_t skipped = (size_t)(base - (char *)start);
    if (start == NULL || (uintptr_t)base < (uintptr_t)start || size < skipped ||
        size - skipped < SLICE_SIZE || size > UINTPTR_MAX - (uintptr_t)start)
        return ARENA_NONE;
    if (mip_load_relaxed(&mip_arenas.a_count) >= ARENA_COUNT_MAX)
        return ARENA_NONE;
    size_t slices = (size - skipped) >> SLICE_SHIFT;
    struct arena *arena = arena_new(base, slices, is_committed ? slices : 0, flags);
    if (arena == NULL)
        return ARENA_NONE;
    if (!is_zero)
        mip_bitset_set(arena->dirty, 0, slices);
    return register_arena(arena);
}

void mip_arena_start(void) {
    if (mip_load_acquire(&mip_arenas.a_count) > 0 || mip_exchange_acquire(&a_growing, true))
        return;
    if (mip_load_relaxed(&mip_arenas.a_count) == 0)
        grow(1);
    mip_store_release(&a_growing, false);
}

unsigned mip_arena_count(void) {
    return (unsigned)mip_load_acquire(&mip_arenas.a_count); /* acquire: as in mip_arena_at */
}

bool mip_arena_is_exclusive(unsigned id) {
    return (mip_arena_at(id)->flags & ARENA_EXCLUSIVE) != 0;
}

void mip_arena_fork_child(bool is_interrupted) {
    unsigned count = mip_arena_count();
    for (unsigned i = 0; i < count; i++) {
        struct arena *arena = mip_arena_at(i);
        if (arena != NULL)
            mip_arena_fork_opening(arena, is_interrupted);
    }
    mip_arena_forget_lows(); /* a thread that is no more may have been between them and the bits */
    mip_purge_fork_child();
    mip_store_relaxed(&a_growing, false);
}
