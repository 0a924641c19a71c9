/* SPDX-License-Identifier: MIT */
/* Floor 5, room api: what process.c has of stats.c, and the chapters of process.c. */
#ifndef MIP_API_PROCESS_H
#define MIP_API_PROCESS_H

#include "../../include/mimalloc.h"

#include "../compiler.h"

/* mi_version of this copy of the library, whichever copy serves the name.  Defined in another
   object than the one that compares, so that no compiler knows the answer. */
extern int mip_api_own_version(void) __attribute__((visibility("hidden")));

/* The text of mi_stats_print; `output` NULL: where messages go. */
void mip_api_print_stats(mi_output_fun *output, void *arg);

/* Start the clock of the line `elapsed`, once; milliseconds since then. */
void mip_api_start_clock(void);
uint64_t mip_api_elapsed_ms(void);

/* What the constructor does, once. */
void mip_api_process_start(void);

#endif
