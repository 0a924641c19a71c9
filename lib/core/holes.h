/* SPDX-License-Identifier: MIT */
/* Floor 3, core: memory inside a page given back.  A page lives as long as one of its blocks; where
   few of them are used and blocks are large, whole OS pages hold none of these.  Punching a page
   takes its free blocks off their list into a map and gives those OS pages back; what is in the map
   counts as not carved, and carving takes it from there.  The page's owner calls.  Not with
   SLOTS. */
#ifndef MIP_HOLES_H
#define MIP_HOLES_H

#include "page.h"

enum {
    HOLES_SIZE_LEAST = 512, /* bytes: smaller blocks leave hardly an OS page free */
    HOLES_CAPACITY_MOST = 1024
};

/* True: memory was given back, or at least asked to be.  False: not worth it, or no memory for the
   map. */
bool mip_holes_punch(struct page *page);

/* Out of the map, up to `limit` blocks that lie side by side: the first one's number in *index.
   Their number; 0: the map is empty, and is no more. */
uint32_t mip_holes_take(struct page *page, uint32_t limit, uint32_t *index);

/* Is the block of this number in the map? */
bool mip_holes_has(const struct page *page, size_t index);

/* The map is not needed any more. */
void mip_holes_drop(struct page *page);

void mip_holes_fork_child(void);

#endif
