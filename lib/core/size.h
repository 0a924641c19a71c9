/* SPDX-License-Identifier: MIT */
/* Floor 3, core: slices and size classes.  Constants and pure functions; any thread.

   Classes are linear within each doubling: multiples of 16 to 128 bytes, then 8 per doubling.  A
   class in (2^k, 2^(k+1)] is a multiple of 2^(k-3), and blocks lie at multiples of their size from
   a slice boundary, so a block is aligned to the largest power of two that divides its size.
   Hence an aligned request is a plain request of the size rounded up to the alignment a: that
   size s is a multiple of a, and either a <= 2^(k-3), which divides every class of the doubling,
   or a > 2^(k-3), the step between classes, and then s itself is a class. */
#ifndef MIP_SIZE_H
#define MIP_SIZE_H

#include "../bits.h"

enum {
    SLICE_SHIFT = 16,
    SLICE_SIZE = 1 << SLICE_SHIFT,
    GRANULE_SHIFT = 4, /* every block is a multiple of 16 bytes, and aligned to them */
    GRANULE = 1 << GRANULE_SHIFT,
    LINEAR_BINS = 8, /* 16, 32 ... 128 */
    BINS_PER_DOUBLING = 8,
    SMALL_BIN_COUNT = LINEAR_BINS + 8 * BINS_PER_DOUBLING,
    BIN_COUNT = LINEAR_BINS + 9 * BINS_PER_DOUBLING,
    BIN_NONE = BIN_COUNT,         /* of single-block pages */
    SMALL_MAX = 32 * 1024,        /* largest size found by table: the fast paths end here */
    MEDIUM_MAX = 64 * 1024,       /* largest size that shares a page */
    NATURAL_ALIGNMENT_MAX = 4096, /* natural alignment is used up to here */
    PAGE_SLICES_TOP = 64,         /* longest page of blocks */
    SMALL_PAGE_SLICES_TOP = 8     /* of blocks of NATURAL_ALIGNMENT_MAX at most */
};

/* The class of a size in granules, 0 <= granules <= SMALL_MAX / GRANULE, as a constant
   expression. */
#define MIP_BIN_TOP(granules)                                                                      \
    (31 - __builtin_clz((unsigned)(((granules) > LINEAR_BINS ? (granules) : 9) * GRANULE - 1)))
#define MIP_BIN_OF_GRANULES(granules)                                                              \
    ((granules) <= LINEAR_BINS                                                                     \
         ? ((granules) == 0 ? 0 : (granules)-1)                                                    \
         : LINEAR_BINS + (MIP_BIN_TOP(granules) - 7) * BINS_PER_DOUBLING +                         \
               ((((granules)*GRANULE - 1) >> (MIP_BIN_TOP(granules) - 3)) & 7))

/* The class of any size up to MEDIUM_MAX. */
MIP_INLINE unsigned mip_bin_of(size_t size) {
    if (size <= LINEAR_BINS * GRANULE)
        return size == 0 ? 0 : (unsigned)((size - 1) >> GRANULE_SHIFT);
    unsigned top = mip_highest_bit(size - 1);
    return LINEAR_BINS + (top - 7) * BINS_PER_DOUBLING + (unsigned)(((size - 1) >> (top - 3)) & 7);
}

/* The size of a class in bytes. */
MIP_INLINE size_t mip_bin_size(unsigned bin) {
    if (bin < LINEAR_BINS)
        return (size_t)(bin + 1) << GRANULE_SHIFT;
    unsigned doubling = (bin - LINEAR_BINS) / BINS_PER_DOUBLING;
    unsigned step = (bin - LINEAR_BINS) % BINS_PER_DOUBLING;
    return (size_t)(BINS_PER_DOUBLING + step + 1) << (doubling + 4);
}

MIP_INLINE size_t mip_slices_of(size_t size) {
    return (size >> SLICE_SHIFT) + ((size & (SLICE_SIZE - 1)) != 0);
}

/* Length in slices of a new page of this class, in a heap whose pages of the class have `held`
   slices together: small processes stay small, busy classes get long lists.  Blocks above an OS
   page are carved, and so touched, one by one: a page of a dozen costs them no memory, only
   addresses. */
size_t mip_bin_page_slices(unsigned bin, size_t held);

/* What a block of `size` bytes really holds. */
size_t mip_good_size_of(size_t size);

#endif
