/* SPDX-License-Identifier: MIT */
/* Floor 3, core: see size.h. */
#include "size.h"

#include "../os/os.h"

enum {
    BLOCKS_LEAST = 64,
    BIG_BLOCKS_LEAST = 32,
    BIG_PAGE_SLICES_LEAST = 20,
    BIG_PAGE_SLICES_MOST = 16,
    FIRST_PAGE_SHARE = 8 /* many threads never need more of a size than a few blocks */
};

size_t mip_bin_page_slices(unsigned bin, size_t held) {
    size_t size = mip_bin_size(bin);
    /* Of a bin's pages, one is being filled and some are being emptied; with an eighth of what the
       bin holds for each, that stays a small part of the whole. */
    size_t slices = held / 8;
    size_t least = mip_slices_of(size * BLOCKS_LEAST);
    if (size > NATURAL_ALIGNMENT_MAX && least > BIG_PAGE_SLICES_LEAST)
        least = mip_min(size * BIG_BLOCKS_LEAST >> SLICE_SHIFT, BIG_PAGE_SLICES_MOST);
    if (held == 0)
        least = least / FIRST_PAGE_SHARE;
    size_t most = size > NATURAL_ALIGNMENT_MAX ? PAGE_SLICES_TOP : SMALL_PAGE_SLICES_TOP;
    slices = mip_min(mip_max(mip_max(slices, least), 1), most);
    size_t blocks = mip_max((slices << SLICE_SHIFT) / size, 1);
    return mip_slices_of(blocks * size);
}

size_t mip_good_size_of(size_t size) {
    if (size <= MEDIUM_MAX)
        return mip_bin_size(mip_bin_of(size));
    size_t page_size = mip_os_info.page_size;
    size_t rounded = mip_round_up(size, page_size);
    return rounded < size ? size : rounded;
}
