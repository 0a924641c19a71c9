/* SPDX-License-Identifier: MIT */
/* Floor 3, core: arenas, large reserved ranges of address space that are cut into slices.
   Any thread; runs of slices are claimed from bit sets without a lock.

   Per arena and slice, five bits:
     taken   somebody owns the slice (a page, or a thread that purges or opens it)
     dirty   the slice may hold something else than zeroes
     warm    free and resident; waits to be reused or purged.  Implies dirty.
     open    accessible; set by whoever has taken the slice, and never cleared (not with SLOTS)
     touched somebody had it before
   A slice that is not dirty reads as zero: it was never handed out, or a purge that the kernel
   confirmed came after.  This is the one place that knows what "fresh" means.
   Dirty and warm are written only by whoever has taken the slice.

   The memory below the arena's frontier is accessible; above it only what is open. */
#ifndef MIP_ARENA_H
#define MIP_ARENA_H

#include "../base/bitset.h"
#include "../compiler.h"

enum { ARENA_COUNT_MAX = 128, ARENA_LOWS = 8, ARENA_NONE = 0xffff };

enum {
    ARENA_EXTERNAL = 1,  /* memory of the caller, or of huge pages: never purged, never unmapped */
    ARENA_REQUESTED = 2, /* asked for by the program: used before the others */
    ARENA_EXCLUSIVE = 4, /* for heaps that are made in it only */
    ARENA_COMMITTED = 8, /* accessible from the start */
    ARENA_SPARSE = 16    /* huge pages are refused step by step: commit.c */
};

struct arena {
    char *base;                 /* [constant] slice-aligned */
    size_t slices;              /* [constant] */
    unsigned flags;             /* [constant] */
    _Atomic(size_t) a_frontier; /* [any, atomic] all slices below are accessible; only rises */
    _Atomic(size_t) a_filled;   /* [any, atomic] slices of pages full of small blocks; a hint */
    _Atomic(size_t) a_warm_top; /* [any, atomic] hint: no warm slice at or above */
    _Atomic(size_t) a_gives;    /* [any, atomic] so often slices were given back; wraps */
    _Atomic(size_t) a_low[ARENA_LOWS]; /* [any, atomic] hint: no gap of 2^i slices begins below */
    mip_flag a_opening; /* [any, atomic] some thread opens a step ahead; the others do without */
    mip_bit_word *taken, *dirty, *warm, *open, *touched;
};

/* A run of slices whose first is aligned to `alignment` bytes (a power of two >= SLICE_SIZE), of
   arena `only` - 1, or (0) of any that is not exclusive.  *is_zero: it reads as zero.  NULL: no
   memory. */
void *mip_arena_take(size_t slices, size_t alignment, unsigned only, unsigned *arena,
                     bool *is_zero);

/* The same from arenas that the program asked for: also for runs longer than mip_arena_run_max. */
void *mip_arena_take_requested(size_t slices, size_t alignment, unsigned *arena, bool *is_zero);

/* Give a run back; it may be purged on the way. */
void mip_arena_give(unsigned arena, void *start, size_t slices);

/* Lengthen (shorten) a run in place. */
bool mip_arena_extend(unsigned arena, void *start, size_t slices, size_t new_slices, bool *is_zero);

/* Memory too large for an arena: a mapping of its own, zero.  `bytes` a multiple of the page. */
void *mip_arena_map(size_t bytes, size_t alignment);
void mip_arena_unmap(void *start, size_t bytes);

/* Slices an arena can hold at most: what is longer is mapped. */
size_t mip_arena_run_max(void);

/* May the arena's memory be purged?  Not when it is the caller's. */
bool mip_arena_may_purge(unsigned arena);

/* CHECK_LEVEL: what stands above, of every arena; and has somebody taken this run? */
void mip_arena_check(void);
bool mip_arena_is_run_taken(unsigned arena, const void *start, size_t slices);

/* Is the address in an arena? */
bool mip_arena_has(const void *p);

/* Make [start, start + size) an arena, slices that lie whole in it; its number, or ARENA_NONE.
   `is_zero`: it reads as zero, or will once it is committed. */
unsigned mip_arena_add(void *start, size_t size, bool is_committed, bool is_zero, unsigned flags);

/* Make sure that there is an ordinary arena, so that what is added later does not decide where the
   window of the page map lies. */
void mip_arena_start(void);

/* An arena by its number, or NULL; and how many numbers are in use. */
struct arena *mip_arena_at(unsigned arena);
unsigned mip_arena_count(void);
bool mip_arena_is_exclusive(unsigned arena);

/* Purge all warm slices, or (force false) what lies above the warm bound, in bounded portions. */
void mip_arena_collect(bool force);

/* SLOTS: close what is free, which is opened when it is taken in any case, so that it does not
   count where memory that may be written to is limited; and renounce what the system has promised
   for it, where that is. */
void mip_arena_close(bool renounce);

/* Slow paths went by: the warm bound follows what the program does lately, and what has been warm
   for longer than the option says is purged.  `now` in ms. */
void mip_arena_tick(uint64_t now);

/* So many slices are full of small blocks, or (slices < 0) not any more. */
void mip_arena_note_filled(unsigned arena, ptrdiff_t slices);

/* A heap keeps an empty page, or (slices < 0) does not any more.  Such pages count as warm: does
   the warm bound allow those that there are?  A hint. */
void mip_arena_note_empty(ptrdiff_t slices);
bool mip_arena_may_keep(void);

/* Are so many slices warm, so that a run may be had that is? */
bool mip_arena_has_warm(size_t slices);

/* Does some thread hold slices for a moment, in order to purge or to open them? */
bool mip_arena_is_held(void);

/* is_interrupted: by a signal's handler that forked, an allocation may be in the midst of all this.
 */
void mip_arena_fork_child(bool is_interrupted);
void mip_provide_fork_child(void);

#endif
