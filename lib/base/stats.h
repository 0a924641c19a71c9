/* SPDX-License-Identifier: MIT */
/* Floor 2, base: statistics.  Counted on slow paths only (release), or at every call in variants
   with COUNT_BLOCKS.  Every counter is exact at any quiet moment: current = total - freed, and
   never below zero.  Any thread; relaxed atomics. */
#ifndef MIP_STATS_H
#define MIP_STATS_H

#include "../atomic.h"
#include "../compiler.h"

enum {
    MIP_STAT_BIN_MAX = 128, /* size classes that can be told apart */
    MIP_STAT_BIN_HUGE = 80  /* the one of blocks that share no page */
};

enum mip_stat {
    MIP_STAT_RESERVED,  /* bytes of address space held */
    MIP_STAT_COMMITTED, /* bytes that are accessible */
    MIP_STAT_RESET,     /* bytes given back (purged) */
    MIP_STAT_NORMAL,    /* bytes in pages that hold blocks of size classes */
    MIP_STAT_HUGE,      /* bytes in single-block pages */
    MIP_STAT_SEGMENTS,  /* arenas */
    MIP_STAT_PAGES,     /* pages; counted by mip_stat_page_increase */
    MIP_STAT_ABANDONED, /* thread records parked */
    MIP_STAT_MMAPS,     /* system calls that map, protect, purge or unmap */
    MIP_STAT_THREADS,   /* threads that have a record */
    MIP_STAT_HEAPS,     /* heaps made by the program */
    MIP_STAT_BLOCKS,    /* bytes in blocks that share a page; by mip_stat_bin_increase */
    MIP_STAT_COUNT
};

typedef uint64_t mip_stat_word;

struct mip_stat_values {
    mip_stat_word peak, total, freed;
};

void mip_stat_increase(enum mip_stat stat, size_t amount);
void mip_stat_decrease(enum mip_stat stat, size_t amount);
/* In the child of a fork, where nobody counts at the same time. */
void mip_stat_set_current(enum mip_stat stat, size_t amount);
void mip_stat_read(enum mip_stat stat, struct mip_stat_values *values);

/* Pages, also by the size class of their blocks. */
void mip_stat_page_increase(unsigned bin);
void mip_stat_page_decrease(unsigned bin);
void mip_stat_page_read(unsigned bin, struct mip_stat_values *values);

/* Blocks of one size class, as a number and in bytes, and bytes asked for (COUNT_BLOCKS variants).
 *block_size is that of the block counted last. */
void mip_stat_bin_increase(unsigned bin, size_t block_size, size_t requested);
void mip_stat_bin_decrease(unsigned bin, size_t block_size);
void mip_stat_bin_read(unsigned bin, size_t *block_size, struct mip_stat_values *bytes);
void mip_stat_bin_read_blocks(unsigned bin, struct mip_stat_values *blocks);
mip_stat_word mip_stat_requested(void);

/* Totals and peaks start anew at what is current. */
void mip_stats_reset(void);

#endif
