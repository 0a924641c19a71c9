/* SPDX-License-Identifier: MIT */
/* Floor 0: what distinguishes the variants release, debug and secure.  The only file that reads
   the variant macros (-DMIP_VARIANT_DEBUG, -DMIP_VARIANT_SECURE, -DMIP_WITH_OVERRIDE,
   -DMIP_WITH_DELAYS); everything else says `if (CHECK_LEVEL)`, so that every branch is compiled in
   every variant. */
#ifndef MIP_VARIANT_H
#define MIP_VARIANT_H

#include "compiler.h"

#if defined(MIP_VARIANT_DEBUG)
#define MIP_VARIANT_NAME "debug"
enum { CHECK_LEVEL = 2, SLOTS = 1, COUNT_BLOCKS = 1, ORIGINS = 1, TRACES = 1 };
enum { FREED_BYTE = 0xdf, NEW_BYTE = 0xd0 };
#elif defined(MIP_VARIANT_SECURE)
#define MIP_VARIANT_NAME "secure"
enum { CHECK_LEVEL = 0, SLOTS = 1, COUNT_BLOCKS = 0, ORIGINS = 0, TRACES = 0 };
enum { FREED_BYTE = 0, NEW_BYTE = 0 };
#else
#define MIP_VARIANT_NAME "release"
enum { CHECK_LEVEL = 0, SLOTS = 0, COUNT_BLOCKS = 0, ORIGINS = 0, TRACES = 0 };
enum { FREED_BYTE = 0, NEW_BYTE = 0 };
#endif

/* Whether this library also replaces malloc (the override, debug and secure libraries and the
   override object do; the plain library does not). */
#if defined(MIP_WITH_OVERRIDE)
enum { WITH_OVERRIDE = 1 };
#else
enum { WITH_OVERRIDE = 0 };
#endif

/* Do memcheck or AddressSanitizer hear of blocks (options of configure)?  Then core/watched.h
   stands before the allocator. */
#if defined(MIP_WITH_VALGRIND) || defined(MIP_WITH_ASAN)
#define MIP_WATCHED 1
enum { WATCHED = 1 };
#else
enum { WATCHED = 0 };
#endif

/* A build for tests: threads stop now and then before they change what others see (atomic.h). */
#if defined(MIP_WITH_DELAYS)
enum { DELAYS = 1 };
#else
enum { DELAYS = 0 };
#endif

/* CHECK_LEVEL     0 none, 1 cheap invariants, 2 each room checks its invariants (room_check)
   SLOTS           each block has a word apart from the blocks, with its state, the size asked for
                   and the link of the list it is on (core/slot.h); whatever is not a live block
                   given out by us is told and aborts, the end of each block is guarded, and the
                   fast paths are compiled out
   COUNT_BLOCKS    statistics per size class (each malloc and free is counted)
   ORIGINS         malloc, new and new[] are told apart
   TRACES          the option trace notes where blocks come from and go to
   FREED_BYTE      what freed blocks are filled with
   NEW_BYTE        what blocks are filled with that nobody asked to be zero; 0: they are zero */
enum { SLOW_PATHS_ONLY = SLOTS || WATCHED };

_Static_assert(SLOTS || !COUNT_BLOCKS, "what counts passes the strict paths");

#endif
