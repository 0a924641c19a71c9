/* SPDX-License-Identifier: MIT */
/* Floor 4, core: see quarantine.h.  Part of the room heap. */
#include "quarantine.h"

#include <errno.h>
#include <string.h>

#include "../base/random.h"
#include "meta.h"
#include "pagemap.h"

enum { FIRST_SHORTER_BIN = LINEAR_BINS + 8 };

static struct pool quarantine_pool = {.size = sizeof(struct quarantine)};

/* 8 KiB of each class, at most 32 blocks and at least one. */
static unsigned shift_of(unsigned bin) {
    unsigned doublings = bin < FIRST_SHORTER_BIN ? 0 : (bin - LINEAR_BINS) / BINS_PER_DOUBLING;
    return doublings > WAITING_SHIFT ? 0 : WAITING_SHIFT - doublings;
}

MIP_COLD struct quarantine *mip_quarantine_make(struct heap *heap) {
    bool is_fresh;
    int saved = errno; /* free keeps it */
    struct quarantine *quarantine = mip_pool_take(&quarantine_pool, &is_fresh);
    errno = saved;
    if (quarantine == NULL)
        return NULL;
    if (!is_fresh)
        memset(quarantine, 0, sizeof(*quarantine));
    quarantine->random = mip_random() | 1;
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        quarantine->last[bin] = (uint8_t)((1u << shift_of(bin)) - 1);
    heap->quarantine = quarantine;
    return quarantine;
}

void mip_quarantine_flush(struct heap *heap, unsigned bin) {
    struct quarantine *quarantine = heap->quarantine;
    if (quarantine == NULL || !(quarantine->used >> bin % 32 & 1))
        return;
    for (unsigned i = 0; i < 1u << shift_of(bin); i++) {
        struct waiting old = quarantine->waiting[bin][i];
        quarantine->waiting[bin][i].block = NULL;
        /* A fork may have cut off the exchange between page and block. */
        if (old.block != NULL)
            mip_heap_put(mip_pagemap_find(old.block), old.block, old.block, 1);
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
