/* SPDX-License-Identifier: MIT */
/* Floor 4, core: the quarantine of a heap in variants with SLOTS.  Blocks that the owner of their
   page frees wait here, a few of each class; for each that comes a random one goes to its page's
   list.  They count as used in their page.  Threads that free others' blocks delay them in batches
   instead.  Part of the room heap. */
#include <string.h>

#include "../base/random.h"
#include "heap.h"
#include "meta.h"

enum { WAITING_SHIFT = 5, WAITING_MAX = 1 << WAITING_SHIFT, FIRST_SHORTER_BIN = LINEAR_BINS + 8 };

struct quarantine {
    uint64_t random;
    uint32_t used; /* bins that hold anything, by number % 32 */
    struct waiting waiting[BIN_COUNT][WAITING_MAX];
};

static struct pool quarantine_pool = {.size = sizeof(struct quarantine)};

/* 8 KiB of each class, at most 32 blocks and at least one. */
static unsigned shift_of(unsigned bin) {
    unsigned doublings = bin < FIRST_SHORTER_BIN ? 0 : (bin - LINEAR_BINS) / BINS_PER_DOUBLING;
    return doublings > WAITING_SHIFT ? 0 : WAITING_SHIFT - doublings;
}

static MIP_COLD struct quarantine *make(struct heap *heap) {
    bool is_fresh;
    struct quarantine *quarantine = mip_pool_take(&quarantine_pool, &is_fresh);
    if (quarantine == NULL)
        return NULL;
    if (!is_fresh)
        memset(quarantine, 0, sizeof(*quarantine));
    quarantine->random = mip_random() | 1;
    heap->quarantine = quarantine;
    return quarantine;
}

struct waiting mip_quarantine_swap(struct heap *heap, struct page *page, struct block *block) {
    struct quarantine *quarantine = heap->quarantine;
    if (MIP_UNLIKELY(quarantine == NULL) && (quarantine = make(heap)) == NULL)
        return (struct waiting){block, page};
    uint64_t random = quarantine->random;
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    quarantine->random = random;
    unsigned bin = page->bin;
    struct waiting *place =
        &quarantine->waiting[bin][random >> 40 & (((uint64_t)1 << shift_of(bin)) - 1)];
    struct waiting old = *place;
    place->page = page;
    mip_store_fence();
    place->block = block;
    quarantine->used |= (uint32_t)1 << bin % 32;
    return old;
}

void mip_quarantine_flush(struct heap *heap, unsigned bin) {
    struct quarantine *quarantine = heap->quarantine;
    if (quarantine == NULL || !(quarantine->used >> bin % 32 & 1))
        return;
    for (unsigned i = 0; i < 1u << shift_of(bin); i++) {
        struct waiting old = quarantine->waiting[bin][i];
        quarantine->waiting[bin][i].block = NULL;
        if (old.block != NULL)
            mip_heap_put(old.page, old.block, old.block, 1);
    }
}

void mip_quarantine_drop(struct heap *heap) {
    if (heap->quarantine != NULL)
        mip_pool_give(&quarantine_pool, heap->quarantine);
    heap->quarantine = NULL;
}

void mip_quarantine_fork_child(void) {
    mip_pool_fork_child(&quarantine_pool);
}
