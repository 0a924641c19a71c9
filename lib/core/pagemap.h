/* SPDX-License-Identifier: MIT */
/* Floor 3, core: address -> page record.  Total: any bit pattern may be asked about, at any time,
   and no foreign memory is touched.  Look-ups from any thread; entries are written by whoever owns
   the slices.

   The window is one array of pointers over the address range in which arenas are placed by hint,
   indexed by (p - base) >> SLICE_SHIFT.  Below `a_limit` every entry is a valid pointer (to
   mip_page_nobody where there is no page), so the fast free needs no test for NULL; the limit is 0
   before start-up, and rises.  What lies outside is found in a radix tree (cold).

   Every slice of a page with several blocks is entered; a single block is entered only at the
   slice where it begins, and where an interior pointer to it was handed out. */
#ifndef MIP_PAGEMAP_H
#define MIP_PAGEMAP_H

#include "page.h"

struct pagemap_window {
    uintptr_t base;                    /* [any, by mip_load_word] constant once there is a window */
    _Atomic(size_t) a_limit;           /* [any, atomic] slices whose entries are valid */
    _Atomic(struct page *) *a_entries; /* [constant once a_limit > 0] */
};
extern MIP_HIDDEN struct pagemap_window mip_window;

/* The page of memory that has none: owned by nobody. */
extern MIP_HIDDEN struct page mip_page_nobody;

/* The record of the page that p points into (for interior slices of single blocks: none), or
   NULL. */
struct page *mip_pagemap_find(const void *p);

/* Enter a page in `slices` slices from `start`; false when there is no memory for it. */
bool mip_pagemap_set(const void *start, size_t slices, struct page *page);
void mip_pagemap_clear(const void *start, size_t slices);

/* Clear the entry of a slice that may have come to be another's: only if it has this page. */
void mip_pagemap_clear_page(const void *start, struct page *page);

/* Lay the window over [base, base + size); once.  What was entered before stays in the tree and is
   found there.  False: no window, everything is looked up in the tree. */
bool mip_pagemap_init(uintptr_t base, size_t size);

/* Where the window lies: size 0 before init. */
size_t mip_pagemap_window_size(void);

#endif
