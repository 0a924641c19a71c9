/* SPDX-License-Identifier: MIT */
/* The statistics of libmimalloc for programs: as a structure, and as text in JSON.  Every number is
   one that the library counts; what it does not count is 0, which each field below says.  "debug"
   marks what only the debug library counts: it looks at every block, the others look at pages.

   The structure is frozen: a later release appends fields or raises MI_STAT_VERSION, and a program
   that was compiled before is served as before. */
#ifndef MIMALLOC_STATS_H
#define MIMALLOC_STATS_H

#include "mimalloc.h"

#include <stdint.h>

/* The layout of mi_stats_t.  Numbers below 100 stand for layouts of other libraries. */
#define MI_STAT_VERSION 100

/* The last size class, of blocks that share no page; see mi_stats_get_bin_size. */
#define MI_BIN_HUGE 127u

/* bool, also for programs that ask for pure C90. */
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc99-extensions"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What comes and goes. */
typedef struct mi_stat_count_s {
    int64_t total;   /* all that came */
    int64_t peak;    /* the greatest amount at any one time */
    int64_t current; /* what is there now */
} mi_stat_count_t;

/* What only comes. */
typedef struct mi_stat_counter_s {
    int64_t total;
} mi_stat_counter_t;

typedef struct mi_stats_s {
    size_t size;    /* set by the caller: sizeof(mi_stats_t) */
    size_t version; /* set by the caller: MI_STAT_VERSION */

    mi_stat_count_t pages;            /* pages, each of blocks of one size */
    mi_stat_count_t reserved;         /* bytes of address space */
    mi_stat_count_t committed;        /* bytes that are accessible */
    mi_stat_counter_t reset;          /* bytes given back while their address space was kept */
    mi_stat_counter_t purged;         /* the same: there is one way of doing it */
    mi_stat_count_t page_committed;   /* not counted: 0 */
    mi_stat_count_t pages_abandoned;  /* not counted: 0 */
    mi_stat_count_t threads;          /* threads that have allocated */
    mi_stat_count_t malloc_normal;    /* bytes in blocks that share a page (debug) */
    mi_stat_count_t malloc_huge;      /* bytes in blocks that share none */
    mi_stat_count_t malloc_requested; /* bytes asked for (debug): the total only */

    mi_stat_counter_t mmap_calls;           /* calls that map, protect, give back or unmap memory */
    mi_stat_counter_t commit_calls;         /* not counted apart: 0 */
    mi_stat_counter_t reset_calls;          /* not counted apart: 0 */
    mi_stat_counter_t purge_calls;          /* not counted apart: 0 */
    mi_stat_counter_t arena_count;          /* arenas */
    mi_stat_counter_t malloc_normal_count;  /* blocks that share a page (debug) */
    mi_stat_counter_t malloc_huge_count;    /* blocks that share none */
    mi_stat_counter_t malloc_guarded_count; /* there are none: 0 */

    mi_stat_count_t segments;       /* arenas */
    mi_stat_count_t heaps;          /* heaps that the program made */
    mi_stat_count_t page_normal;    /* bytes of pages that blocks share */
    mi_stat_count_t abandoned;      /* states of ended threads, kept for others */
    mi_stat_counter_t errors_noted; /* errors noticed, told or not */

    mi_stat_count_t malloc_bins[MI_BIN_HUGE + 1]; /* blocks of each size class (debug) */
    mi_stat_count_t page_bins[MI_BIN_HUGE + 1];   /* pages of each size class */
} mi_stats_t;

/* Fill *stats, whose first two fields the caller has set.  False, and nothing written, when stats
   is NULL or they are not those of a layout that the library knows.  errno is kept. */
MI_EXPORT bool mi_stats_get(mi_stats_t *stats) MI_NOEXCEPT;

/* The statistics and those of the process as one JSON object with a zero byte at its end: in `buf`
   of `buf_size` bytes, or, with buf NULL, in a block that the caller frees with mi_free.  Returns
   the text, or NULL: with ENOMEM, or with ERANGE when buf is too small, which then holds "". */
MI_EXPORT char *mi_stats_get_json(size_t buf_size, char *buf) MI_NOEXCEPT;

/* Bytes of one block of the size class `bin`; 0 when there is no such class, and for MI_BIN_HUGE,
   whose blocks differ. */
MI_EXPORT size_t mi_stats_get_bin_size(size_t bin) MI_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif
