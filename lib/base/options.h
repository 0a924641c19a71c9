/* SPDX-License-Identifier: MIT */
/* Floor 2, base: the options.  One table (name, default, range), read once from the environment
   by mip_options_init, or before start-up is over by mip_options_read_early; what a program set
   before that wins.  Any thread; the getters are one relaxed load and answer with the default
   before. */
#ifndef MIP_OPTIONS_H
#define MIP_OPTIONS_H

#include "../compiler.h"

/* Numbers are those of mi_option_t in <mimalloc.h> and are never reused (static asserts in
   lib/api/options.c tie the two together). */
enum mip_option {
    MIP_OPTION_PAGE_RESET = 0,     /* bool, 1: give memory of empty pages back */
    MIP_OPTION_CACHE_RESET = 1,    /* bool, 0: keep nothing warm, give back at once */
    MIP_OPTION_POOL_COMMIT = 2,    /* bool, 0: commit whole arenas when they are reserved */
    MIP_OPTION_SHOW_STATS = 3,     /* bool, 0: statistics at exit (also MIMALLOC_STATS) */
    MIP_OPTION_SHOW_ERRORS = 4,    /* bool, 0 (1 in debug): error messages on stderr */
    MIP_OPTION_VERBOSE = 5,        /* 0..2, 0: messages on stderr (implies show_errors) */
    MIP_OPTION_PURGE_DELAY = 6,    /* ms, 500: how long idle warm memory is kept */
    MIP_OPTION_ARENA_RESERVE = 7,  /* KiB, 1048576: address space of the first arena */
    MIP_OPTION_LARGE_PAGES = 8,    /* huge pages: 0 never, 1 where memory is full, 2 ask */
    MIP_OPTION_MAX_ERRORS = 9,     /* 16: error messages shown before silence */
    MIP_OPTION_MAX_WARNINGS = 10,  /* 16: warnings shown before silence */
    MIP_OPTION_KEEP_DEEPBIND = 11, /* bool, 0: leave RTLD_DEEPBIND in dlopen alone */
    MIP_OPTION_POPULATE_STEP = 12, /* KiB, 0: how much of a fresh run is made resident at once */
    MIP_OPTION_STATS_DETAIL = 13,  /* bool, 0: a row for each size class in the statistics */
    MIP_OPTION_SECURE_LEVEL = 14,  /* 1 light, 2 full: what variants with SLOTS do */
    MIP_OPTION_TRACE = 15, /* 0: of which allocations the calls are noted: each n-th (debug) */
    MIP_OPTION_CHECK_ORIGIN = 16, /* bool, 1: free and delete must fit malloc and new (debug) */
    MIP_OPTION_COUNT
};

void mip_options_init(void); /* idempotent; call only when the C library has started */

/* For what cannot wait for that: reads what can be read, once, and says nothing.  At any time,
   before the program is relocated and the C library has started, too. */
void mip_options_read_early(void);

long mip_option_get(enum mip_option option);
void mip_option_set(enum mip_option option, long value);         /* out of range: ignored, told */
void mip_option_set_default(enum mip_option option, long value); /* only if nobody set it yet */
const char *mip_option_name(enum mip_option option);             /* "page_reset" */
long mip_option_default(enum mip_option option);                 /* what the table says */

MIP_INLINE bool mip_option_is_enabled(enum mip_option option) {
    return mip_option_get(option) != 0;
}

#endif
