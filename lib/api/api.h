/* SPDX-License-Identifier: MIT */
/* Floor 5, room api: what the chapters share.  Each chapter checks and converts its arguments and
   calls the floors below; never another mi_ function, since those can be interposed. */
#ifndef MIP_API_H
#define MIP_API_H

#include "../../include/mimalloc.h"

#include "../bits.h"
#include "../core/core.h"
#include "../core/fast.h"

#include <errno.h>

/* mi_heap_t is never defined: a handle is the address of the core's heap. */
MIP_INLINE struct heap *heap_of(const mi_heap_t *handle) {
    return (struct heap *)(uintptr_t)handle;
}

MIP_INLINE mi_heap_t *handle_of(const struct heap *heap) {
    return (mi_heap_t *)(uintptr_t)heap;
}

/* count * size, or a size that no allocation can serve, so that overflow needs no path of its
   own: the core answers NULL and ENOMEM. */
MIP_INLINE size_t total_of(size_t count, size_t size) {
    size_t total;
    return MIP_UNLIKELY(mip_multiply_overflows(count, size, &total)) ? SIZE_MAX : total;
}

/* mi_version of this copy of the library, whichever copy serves the name.  Defined in another
   object than the one that compares, so that no compiler knows the answer. */
extern int mip_api_own_version(void) __attribute__((visibility("hidden")));

/* Text of mi_stats_print; `output` NULL: where messages go. */
void mip_api_print_stats(mi_output_fun *output, void *arg);
/* Start the clock of the `elapsed` line, once. */
void mip_api_start_clock(void);
uint64_t mip_api_elapsed_ms(void);

#endif
