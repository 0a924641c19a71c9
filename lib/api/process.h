/* SPDX-License-Identifier: MIT */
/* Floor 5, room api: what process.c has of stats.c, and the chapters of process.c. */
#ifndef MIP_API_PROCESS_H
#define MIP_API_PROCESS_H

#include "../../include/mimalloc.h"

#include "../compiler.h"

/* The copy of the library whose mi_serving_copy the loader binds to serves mi_*.  Data, since
   -Bsymbolic-functions makes a linker bind a library's functions within it; in no public header,
   so that no program holds a copy of it.  mip_api_own_copy is this copy's, whoever serves.  Only
   the addresses mean something. */
extern MIP_EXPORT const char mi_serving_copy;
extern const char mip_api_own_copy MIP_HIDDEN;

/* The text of mi_stats_print; `output` NULL: where messages go. */
void mip_api_print_stats(mi_output_fun *output, void *arg);

/* Start the clock of the line `elapsed`, once; milliseconds since then. */
void mip_api_start_clock(void);
uint64_t mip_api_elapsed_ms(void);

/* What the constructor does, once. */
void mip_api_process_start(void);

#endif
