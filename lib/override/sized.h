/* SPDX-License-Identifier: MIT */
/* Floor 6, override: releasing a block whose size the caller also says. */
#ifndef MIP_OVERRIDE_SIZED_H
#define MIP_OVERRIDE_SIZED_H

#include "../core/watched.h"
#include "../variant.h"

MIP_INLINE void free_of_size(void *p, size_t size) {
    if (SLOTS) {
        mip_strict_check_size(p, size);
    }
    mip_fast_free(p);
}

#endif
