/* SPDX-License-Identifier: MIT */
/* Floor 0: what distinguishes the variants release, debug and secure.  The only file that reads
   the variant macros (-DMIP_VARIANT_DEBUG, -DMIP_VARIANT_SECURE, -DMIP_WITH_OVERRIDE); everything
   else says `if (CHECK_LEVEL)`, so that every branch is compiled in every variant. */
#ifndef MIP_VARIANT_H
#define MIP_VARIANT_H

#include "compiler.h"

#if defined(MIP_VARIANT_DEBUG)
#define MIP_VARIANT_NAME "debug"
enum { CHECK_LEVEL = 2, ENCODE_LISTS = 0, CHECK_POINTERS = 1, FILL_BLOCKS = 1, COUNT_BLOCKS = 1 };
#elif defined(MIP_VARIANT_SECURE)
#define MIP_VARIANT_NAME "secure"
enum { CHECK_LEVEL = 0, ENCODE_LISTS = 1, CHECK_POINTERS = 1, FILL_BLOCKS = 0, COUNT_BLOCKS = 0 };
#else
#define MIP_VARIANT_NAME "release"
enum { CHECK_LEVEL = 0, ENCODE_LISTS = 0, CHECK_POINTERS = 0, FILL_BLOCKS = 0, COUNT_BLOCKS = 0 };
#endif

/* Whether this library also replaces malloc (the override, debug and secure libraries and the
   override object do; the plain library does not). */
#if defined(MIP_WITH_OVERRIDE)
enum { WITH_OVERRIDE = 1 };
#else
enum { WITH_OVERRIDE = 0 };
#endif

/* CHECK_LEVEL     0 none, 1 cheap invariants, 2 each room checks its invariants (room_check)
   ENCODE_LISTS    links of free lists are stored encoded and checked when followed
   CHECK_POINTERS  a pointer given to free that is no live block's start aborts with a message
   FILL_BLOCKS     new and freed blocks are filled with a pattern
   COUNT_BLOCKS    statistics per size class (each malloc and free is counted) */
enum { SLOW_PATHS_ONLY = ENCODE_LISTS | CHECK_POINTERS | FILL_BLOCKS | COUNT_BLOCKS };

_Static_assert(!(FILL_BLOCKS && ENCODE_LISTS), "a pattern in freed blocks would hide the links");

#endif
