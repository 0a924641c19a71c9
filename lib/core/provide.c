/* SPDX-License-Identifier: MIT */
/* Floor 4, core: arenas that the program provides or asks for.  They live as long as the process.
   Any thread. */
#include <errno.h>

#include "../base/report.h"
#include "../base/stats.h"
#include "../os/os.h"
#include "../tool.h"
#include "arena.h"
#include "core.h"
#include "size.h"

static mip_flag a_providing;

void mip_provide_fork_child(void) {
    mip_store_relaxed(&a_providing, false);
}

/* One at a time: of two threads that give the same memory, one finds it an arena.  False when
   another thread has not come to its end for long, so that one that is stopped stops nobody. */
static bool start_providing(void) {
    enum { WAIT_MS = 1000 };
    uint64_t until = mip_os_clock_ms() + WAIT_MS;
    while (mip_exchange_acquire(&a_providing, true)) { /* acquire: pairs with the release below */
        if (mip_os_clock_ms() > until)
            return false;
        mip_os_yield();
    }
    return true;
}

static bool overlaps_arena(const char *start, size_t size) {
    unsigned count = mip_arena_count();
    for (unsigned i = 0; i < count; i++) {
        const struct arena *arena = mip_arena_at(i);
        if (arena != NULL && start < arena->base + (arena->slices << SLICE_SHIFT) &&
            arena->base < start + size)
            return true;
    }
    return false;
}

/* 0, or ENOMEM: there is no memory for the records, or there are too many arenas. */
static int add(void *start, size_t size, bool is_committed, bool is_zero, unsigned flags,
               unsigned *arena) {
    unsigned id = mip_arena_add(start, size, is_committed, is_zero, flags);
    if (id == ARENA_NONE)
        return ENOMEM;
    *arena = id + 1;
    return 0;
}

static unsigned flags_of(bool is_exclusive) {
    return ARENA_REQUESTED | (is_exclusive ? ARENA_EXCLUSIVE : 0u);
}

int mip_arena_provide(void *start, size_t size, bool is_committed, bool is_zero, bool is_exclusive,
                      unsigned *arena) {
    size_t skipped = (0 - (uintptr_t)start) % SLICE_SIZE;
    int saved = errno;
    mip_os_init();
    mip_arena_start();
    int error = EINVAL;
    if (start != NULL && size >= skipped + SLICE_SIZE && size <= UINTPTR_MAX - (uintptr_t)start) {
        error = ENOMEM;
        if (start_providing()) {
            error = overlaps_arena(start, size)
                        ? EINVAL
                        : add(start, size, is_committed, is_zero,
                              flags_of(is_exclusive) | ARENA_EXTERNAL, arena);
            mip_store_release(&a_providing, false);
        }
    }
    errno = saved;
    return error;
}

int mip_arena_reserve(size_t size, bool commit, bool allow_huge, bool is_exclusive,
                      unsigned *arena) {
    if (size == 0)
        return EINVAL;
    size_t length = mip_round_up(size, SLICE_SIZE);
    if (length < size || length > MIP_SIZE_MAX)
        return ENOMEM;
    int saved = errno;
    mip_os_init();
    mip_arena_start();
    size_t alignment = length >= 4 * MIP_MIB ? 2 * MIP_MIB : SLICE_SIZE;
    char *start = mip_os_reserve(NULL, length, alignment);
    int error = ENOMEM;
    if (start != NULL) {
        if (allow_huge)
            mip_os_advise_huge(start, length, true);
        bool is_ready = !commit || mip_os_commit(start, length);
        unsigned flags = flags_of(is_exclusive) | (commit ? ARENA_COMMITTED : 0);
        error = is_ready ? add(start, length, commit, true, flags, arena) : ENOMEM;
        if (error != 0) {
            mip_os_release(start, length);
        } else {
            mip_tool_mapped(start, length);
            mip_stat_increase(MIP_STAT_MMAPS, commit ? 2 : 1);
            mip_stat_increase(MIP_STAT_RESERVED, length);
            mip_stat_increase(MIP_STAT_COMMITTED, commit ? length : 0);
        }
    }
    errno = saved;
    return error;
}

/* As many pages as are to be had, in one range, which grows downwards as the kernel's own do. */
static char *map_huge_pages(size_t pages, uint64_t timeout_ms, size_t *mapped) {
    uint64_t start = mip_os_clock_ms();
    char *low = NULL;
    for (*mapped = 0; *mapped < pages; ++*mapped) {
        if (*mapped > 0 && timeout_ms != 0 && mip_os_clock_ms() - start >= timeout_ms)
            break;
        if (low != NULL && (uintptr_t)low <= MIP_GIB)
            break;
        char *page = mip_os_map_huge(low == NULL ? NULL : low - MIP_GIB, MIP_GIB);
        if (page == NULL)
            break;
        low = page;
    }
    return low;
}

int mip_arena_reserve_huge(size_t pages, int node, uint64_t timeout_ms, bool is_exclusive,
                           unsigned *arena, size_t *reserved) {
    *reserved = 0;
    if (pages == 0)
        return 0;
    int saved = errno;
    mip_os_init();
    mip_arena_start();
    size_t mapped;
    char *start = map_huge_pages(pages, timeout_ms, &mapped);
    int error = ENOMEM;
    if (start != NULL) {
        size_t size = mapped * MIP_GIB;
        if (node >= 0)
            mip_os_prefer_node(start, size, (unsigned)node);
        error = add(start, size, true, true, flags_of(is_exclusive) | ARENA_EXTERNAL, arena);
        if (error != 0) {
            mip_os_release(start, size);
        } else {
            *reserved = mapped;
            mip_tool_mapped(start, size);
            mip_stat_increase(MIP_STAT_MMAPS, mapped);
            mip_stat_increase(MIP_STAT_RESERVED, size);
            mip_stat_increase(MIP_STAT_COMMITTED, size);
        }
    }
    errno = saved;
    return error;
}

bool mip_arena_describe(unsigned number, bool count, struct mip_arena_state *state) {
    struct arena *arena = number == 0 ? NULL : mip_arena_at(number - 1);
    if (arena == NULL)
        return false;
    size_t frontier = mip_load_relaxed(&arena->a_frontier);
    *state = (struct mip_arena_state){
        .start = arena->base,
        .size = arena->slices << SLICE_SHIFT,
        .committed = frontier << SLICE_SHIFT,
        .is_external = (arena->flags & ARENA_EXTERNAL) != 0,
        .is_requested = (arena->flags & ARENA_REQUESTED) != 0,
        .is_exclusive = (arena->flags & ARENA_EXCLUSIVE) != 0,
    };
    if (count) {
        state->committed += mip_bitset_count(arena->open, frontier, arena->slices - frontier)
                            << SLICE_SHIFT;
        state->used = mip_bitset_count(arena->taken, 0, arena->slices) << SLICE_SHIFT;
        state->warm = mip_bitset_count(arena->warm, 0, arena->slices) << SLICE_SHIFT;
    }
    return true;
}
