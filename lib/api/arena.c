/* SPDX-License-Identifier: MIT */
/* Chapter "arenas": memory that the program provides or asks for ahead of use.  An arena lives as
   long as the process.  Any thread. */
#include "api.h"

#include "../base/report.h"
#include "../os/os.h"

#include <limits.h>

/* Ids begin with 1, as the core's numbers do: 0, and what is no arena, names none. */
static unsigned number_of(mi_arena_id_t id) {
    return id > 0 ? (unsigned)id : 0;
}

static void tell_id(mi_arena_id_t *id, unsigned number) {
    if (id != NULL)
        *id = (mi_arena_id_t)number;
}

static bool manage(void *start, size_t size, bool is_committed, bool is_zero, bool exclusive,
                   mi_arena_id_t *id) {
    unsigned number = 0;
    int error = mip_arena_provide(start, size, is_committed, is_zero, exclusive, &number);
    tell_id(id, number);
    if (error == EINVAL)
        mip_error(EINVAL, "mi_manage_os_memory: %zu bytes at %p hold no 64 KiB, or an arena", size,
                  start);
    return error == 0;
}

/* Memory on huge pages needs no other care, and there is no choice among nodes. */
bool mi_manage_os_memory(void *start, size_t size, bool is_committed, bool is_large, bool is_zero,
                         int numa_node) {
    (void)is_large;
    (void)numa_node;
    return manage(start, size, is_committed, is_zero, false, NULL);
}

bool mi_manage_os_memory_ex(void *start, size_t size, bool is_committed, bool is_large,
                            bool is_zero, int numa_node, bool exclusive, mi_arena_id_t *arena_id) {
    (void)is_large;
    (void)numa_node;
    return manage(start, size, is_committed, is_zero, exclusive, arena_id);
}

int mi_reserve_os_memory(size_t size, bool commit, bool allow_large) {
    unsigned number = 0;
    return mip_arena_reserve(size, commit, allow_large, false, &number);
}

int mi_reserve_os_memory_ex(size_t size, bool commit, bool allow_large, bool exclusive,
                            mi_arena_id_t *arena_id) {
    unsigned number = 0;
    int error = mip_arena_reserve(size, commit, allow_large, exclusive, &number);
    tell_id(arena_id, number);
    return error;
}

int mi_reserve_huge_os_pages_at(size_t pages, int numa_node, size_t timeout_msecs) {
    unsigned number = 0;
    size_t reserved;
    return mip_arena_reserve_huge(pages, numa_node, timeout_msecs, false, &number, &reserved);
}

int mi_reserve_huge_os_pages_at_ex(size_t pages, int numa_node, size_t timeout_msecs,
                                   bool exclusive, mi_arena_id_t *arena_id) {
    unsigned number = 0;
    size_t reserved;
    int error = pages == 0 ? EINVAL
                           : mip_arena_reserve_huge(pages, numa_node, timeout_msecs, exclusive,
                                                    &number, &reserved);
    tell_id(arena_id, number);
    return error;
}

/* Evenly over the nodes, which share the time; the first error ends it, with what there is. */
static int interleave(size_t pages, size_t nodes, uint64_t timeout_ms, size_t *reserved) {
    if (nodes == 0 || nodes > INT_MAX)
        nodes = mip_os_node_count();
    int error = 0;
    *reserved = 0;
    for (size_t node = 0; node < nodes && error == 0; node++) {
        size_t share = pages / nodes + (node < pages % nodes), got = 0;
        unsigned number = 0;
        uint64_t time = timeout_ms == 0 ? 0 : timeout_ms / nodes + 1;
        error = mip_arena_reserve_huge(share, (int)node, time, false, &number, &got);
        *reserved += got;
    }
    return *reserved > 0 ? 0 : error;
}

int mi_reserve_huge_os_pages_interleave(size_t pages, size_t numa_nodes, size_t timeout_msecs) {
    size_t reserved;
    return interleave(pages, numa_nodes, timeout_msecs, &reserved);
}

int mi_reserve_huge_os_pages(size_t pages, double max_secs, size_t *pages_reserved) {
    enum { DAY = 24 * 60 * 60 };
    size_t reserved;
    double seconds = max_secs > 0 ? max_secs : 0;
    uint64_t timeout_ms = seconds > DAY ? 0 : (uint64_t)(seconds * 1000);
    if (seconds > 0 && timeout_ms == 0 && seconds < 1)
        timeout_ms = 1;
    int error = interleave(pages, 0, timeout_ms, &reserved);
    if (pages_reserved != NULL)
        *pages_reserved = reserved;
    return error;
}

void *mi_arena_area(mi_arena_id_t arena_id, size_t *size) {
    struct mip_arena_state state = {.start = NULL};
    mip_arena_describe(number_of(arena_id), false, &state);
    if (size != NULL)
        *size = state.size;
    return state.start;
}

bool mi_arena_contains(mi_arena_id_t arena_id, const void *p) {
    struct mip_arena_state state;
    return mip_arena_describe(number_of(arena_id), false, &state) &&
           (uintptr_t)p - (uintptr_t)state.start < state.size;
}

size_t mi_arena_min_size(void) {
    return SLICE_SIZE;
}

size_t mi_arena_min_alignment(void) {
    return SLICE_SIZE;
}

mi_heap_t *mi_heap_new_in_arena(mi_arena_id_t arena_id) {
    if (arena_id < 0) {
        errno = EINVAL;
        return NULL;
    }
    return handle_of(mip_heap_new((unsigned)arena_id));
}

static void print_arenas(void) {
    struct mip_arena_state state;
    for (unsigned number = 1; mip_arena_describe(number, true, &state); number++)
        mip_print(NULL, NULL,
                  "arena %u: %p, %zu kb, committed: %zu kb, used: %zu kb, kept for reuse: %zu kb"
                  "%s%s%s\n",
                  number, (void *)state.start, state.size / MIP_KIB, state.committed / MIP_KIB,
                  state.used / MIP_KIB, state.warm / MIP_KIB,
                  state.is_requested ? ", of the program" : "",
                  state.is_external ? ", never given back" : "",
                  state.is_exclusive ? ", exclusive" : "");
}

void mi_arenas_print(void) {
    print_arenas();
}

void mi_debug_show_arenas(void) {
    print_arenas();
}
