/* SPDX-License-Identifier: MIT */
/* Floor 4, core: the quarantine of a heap in variants with SLOTS.  Blocks that the owner of their
   page frees wait here, a few of each class; for each that comes a random one goes to its page's
   list.  They count as used in their page.  Threads that free others' blocks delay them in batches
   instead. */
#ifndef MIP_QUARANTINE_H
#define MIP_QUARANTINE_H

#include "heap.h"

enum { WAITING_SHIFT = 5, WAITING_MAX = 1 << WAITING_SHIFT };

struct waiting {
    struct block *block;
    struct page *page;
};

struct quarantine {
    uint64_t random;
    uint32_t used;           /* bins that hold anything, by number % 32 */
    uint8_t last[BIN_COUNT]; /* place of each class */
    struct waiting waiting[BIN_COUNT][WAITING_MAX];
};

struct quarantine *mip_quarantine_make(struct heap *heap);

/* The heap's quarantine, made if there is none; NULL: no memory. */
MIP_INLINE struct quarantine *mip_quarantine_of(struct heap *heap) {
    return MIP_LIKELY(heap->quarantine != NULL) ? heap->quarantine : mip_quarantine_make(heap);
}

/* The block goes into the quarantine, and one that comes out of it is returned; its block is NULL
   when none does. */
MIP_INLINE struct waiting mip_quarantine_swap(struct quarantine *quarantine, struct page *page,
                                              struct block *block) {
    /* The upper bits of this generator are good enough for an order. */
    uint64_t random = quarantine->random * 6364136223846793005u + 1442695040888963407u;
    quarantine->random = random;
    unsigned bin = page->bin;
    struct waiting *place = &quarantine->waiting[bin][random >> 32 & quarantine->last[bin]];
    struct waiting old = *place;
    if (MIP_UNLIKELY(old.block == NULL)) {
        quarantine->used |= (uint32_t)1 << bin % 32;
        mip_store_fence();
    }
    place->page = page;
    mip_store_fence();
    place->block = block;
    return old;
}

#endif
