/* SPDX-License-Identifier: MIT */
/* Floor 5, room api: what the chapters share.  Each chapter checks and converts its arguments and
   calls the floors below; never another mi_ function, since those can be interposed. */
#ifndef MIP_API_H
#define MIP_API_H

#include "process.h"

#include "../bits.h"
#include "../core/watched.h"

#include <errno.h>

/* mi_heap_t is never defined: a handle is the address of the core's heap. */
MIP_INLINE struct heap *heap_of(const mi_heap_t *handle) {
    return (struct heap *)(uintptr_t)handle;
}

MIP_INLINE mi_heap_t *handle_of(const struct heap *heap) {
    return (mi_heap_t *)(uintptr_t)heap;
}

/* An archive gives a program the objects that it names, and no program names the one with our
   constructor: each chapter does it here.  Never called. */
MIP_COLD __attribute__((used)) static void link_process(void) {
    mip_api_process_start();
}

#endif
