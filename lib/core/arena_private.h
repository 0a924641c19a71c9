/* SPDX-License-Identifier: MIT */
/* Floor 3, core: what fit.c, which owns the table of arenas, and purge.c give arena.c. */
#ifndef MIP_ARENA_PRIVATE_H
#define MIP_ARENA_PRIVATE_H

#include "arena.h"

struct arena_table {
    _Atomic(size_t) a_count;
    _Atomic(struct arena *) a_arena[ARENA_COUNT_MAX];
};
extern MIP_HIDDEN struct arena_table mip_arenas;

/* Below this no gap begins that holds so many slices.  The arena's end: there is none.  A gap may
   be missed that another thread was claiming and did not get whole, until something beside it is
   returned or the hints are forgotten: who finds nothing forgets them and looks again. */
size_t mip_arena_low(struct arena *arena, size_t slices);

/* Slices can be taken again, by anybody. */
void mip_arena_return(struct arena *arena, size_t first, size_t slices);

/* Let every search, in any arena, begin at its start again. */
void mip_arena_forget_lows(void);

/* Claim a run of slices at or above `low` whose first one, with `phase` added, is a multiple of
   `alignment`.  Its start, or SIZE_MAX. */
size_t mip_arena_claim(struct arena *arena, size_t low, size_t slices, size_t alignment,
                       size_t phase);

/* Slices were taken, of which `warm` were warm and `reused` had been in use before. */
void mip_arena_note_take(size_t slices, size_t warm, size_t reused);

/* Slices are about to be given back warm (before they can be taken again, so that the counts never
   fall below zero). */
void mip_arena_note_give(size_t slices);

/* They can be taken, and end at `end`: purge what lies above the bound. */
void mip_arena_given(struct arena *arena, size_t end, size_t slices);

/* In the child after fork: count again. */
void mip_purge_fork_child(void);

/* Around slices that are taken for a moment, before the first is and after all are given back: who
   finds one of them taken finds mip_arena_is_held true, or the slice free. */
void mip_arena_hold(void);
void mip_arena_let_go(void);

/* Make a run that the caller has taken accessible, and nothing that others have: their access is
   the program's to change.  With SLOTS what nobody has taken yet stays closed. */
bool mip_arena_commit(struct arena *arena, size_t start, size_t slices);

/* A run as mip_arena_claim finds it, of what is accessible already: it asks the system for nothing.
 */
size_t mip_arena_claim_open(struct arena *arena, size_t low, size_t slices, size_t alignment,
                            size_t phase);

/* In the child after fork, before it counts: what threads that are no more were about to open is
   nobody's. */
void mip_arena_fork_opening(struct arena *arena, bool is_interrupted);

/* Fault the beginning of a fresh run in ahead of its use, if the option says so. */
void mip_arena_populate(char *start, size_t size);

#endif
