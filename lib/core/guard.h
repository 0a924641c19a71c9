/* SPDX-License-Identifier: MIT */
/* Floor 3, core: memory with guards around it, for large blocks of variants with SLOTS: nobody may
   touch what lies before and behind, nor the block once it is freed.  Any thread. */
#ifndef MIP_GUARD_H
#define MIP_GUARD_H

#include "../compiler.h"

/* `size` bytes (a multiple of the page) of zero memory at a multiple of `alignment` (>=
   SLICE_SIZE), an address range of `room` bytes from there (> size) whose rest is closed, and as
   much as the alignment before it.  NULL: no memory, or more such blocks than the kernel keeps
   mappings for. */
void *mip_guard_map(size_t size, size_t room, size_t alignment);

/* Give it back; nobody may touch it from now on, and the addresses are not used again at once. */
void mip_guard_unmap(void *start, size_t size, size_t room, unsigned alignment_shift);

/* Give up the addresses that wait, too: there are no others. */
void mip_guard_collect(void);

/* Was such a block here lately? */
bool mip_guard_was(const void *start);

void mip_guard_fork_child(void);

#endif
