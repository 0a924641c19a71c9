/* SPDX-License-Identifier: MIT */
/* Floor 6, override: releasing a block whose size the caller also says. */
#ifndef MIP_OVERRIDE_SIZED_H
#define MIP_OVERRIDE_SIZED_H

#include "../base/report.h"
#include "../core/core.h"
#include "../core/fast.h"
#include "../variant.h"

/* Ends the process when the block cannot have been allocated with `size` bytes.  What is no block
   at all is left for free to name. */
MIP_UNUSED MIP_COLD static void check_size(const void *p, size_t size) {
    size_t usable = mip_usable_size(p);
    if (usable != 0 && size > usable) {
        mip_fatal("block %p of %zu usable bytes is freed as one of %zu bytes", p, usable, size);
    }
}

MIP_INLINE void free_of_size(void *p, size_t size) {
    if (CHECK_POINTERS) {
        check_size(p, size);
    }
    mip_fast_free(p);
}

#endif
