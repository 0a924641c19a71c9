/* SPDX-License-Identifier: MIT */
/* Floor 3, core: what purge.c, which owns the table of arenas, gives arena.c. */
#ifndef MIP_ARENA_PRIVATE_H
#define MIP_ARENA_PRIVATE_H

#include "arena.h"

struct arena_table {
    _Atomic(size_t) a_count;
    _Atomic(struct arena *) a_arena[ARENA_COUNT_MAX];
};
extern MIP_HIDDEN struct arena_table mip_arenas;

/* Slices were taken, of which `warm` were warm. */
void mip_arena_note_take(size_t slices, size_t warm);

/* Slices are about to become warm (before they can be taken again, so that the count never falls
   below zero). */
void mip_arena_note_warm(size_t slices);

/* There may be warm slices below `end`.  After these can be taken: a purge that could not take them
   has lowered the hint. */
void mip_arena_raise_warm(struct arena *arena, size_t end);

/* In the child after fork: count again. */
void mip_purge_fork_child(void);

/* `freed` slices were given back: purge what lies above the bound. */
void mip_arena_purge_excess(size_t freed);

#endif
