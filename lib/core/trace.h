/* SPDX-License-Identifier: MIT */
/* Floor 4, core: where sampled blocks came from and went to (variants with TRACES and the option
   trace): the addresses of the calls.  A table in which each address has a few places by a hash: a
   block takes that of one which was freed, never that of one in use, and what finds none is
   counted. Any thread; nothing is waited for longer than a moment. */
#ifndef MIP_TRACE_H
#define MIP_TRACE_H

#include "../atomic.h"
#include "../variant.h"

/* Each so-many-th allocation is traced; 0: none. */
extern MIP_HIDDEN _Atomic(size_t) mip_trace_every;

void mip_trace_note(const void *p, size_t size);
void mip_trace_note_free(const void *p);

/* Say what is known about the block that holds p. */
void mip_trace_tell(const void *p);

MIP_INLINE void mip_trace_allocated(const void *p, size_t size) {
    if (TRACES && MIP_UNLIKELY(mip_load_relaxed(&mip_trace_every) != 0))
        mip_trace_note(p, size);
}

MIP_INLINE void mip_trace_freed(const void *p) {
    if (TRACES && MIP_UNLIKELY(mip_load_relaxed(&mip_trace_every) != 0))
        mip_trace_note_free(p);
}

#endif
