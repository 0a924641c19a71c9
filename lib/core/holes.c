/* SPDX-License-Identifier: MIT */
/* Floor 3, core: see holes.h. */
#include "holes.h"

#include <string.h>

#include "../base/bitset.h"
#include "../base/stats.h"
#include "../os/os.h"
#include "arena.h"
#include "meta.h"

enum {
    USED_SHARE = 4,   /* pages less than a quarter used are punched, */
    LISTED_SHARE = 4, /* when at least a quarter of the page is on its list, */
    RUN_LEAST = 2,    /* and in the mean so many OS pages lie side by side: a call costs more than
                         a few pages do, */
    RUNS_MOST = 32    /* by so many calls at most */
};

struct holes {
    mip_bit_word bits[HOLES_CAPACITY_MOST / MIP_WORD_BITS];
};
_Static_assert(HOLES_CAPACITY_MOST % MIP_WORD_BITS == 0, "whole words");

static struct pool holes_pool = {.size = sizeof(struct holes)};

/* All blocks of the page that are free. */
static void map_free(const struct page *page, struct holes *holes) {
    if (page->holes != NULL) {
        memcpy(holes, page->holes, sizeof *holes);
    } else {
        memset(holes, 0, sizeof *holes);
        for (uint32_t i = page->carved; i < page->capacity; i++)
            mip_bitset_set(holes->bits, (page->first + i) % page->capacity, 1);
    }
    for (const struct block *block = page->local; block != NULL; block = mip_link_get(page, block))
        mip_bitset_set(holes->bits, (size_t)((const char *)block - page->start) / page->block_size,
                       1);
}

/* The OS pages that hold nothing but blocks of the map: their bytes, in *runs runs.  Given back
   when is_purged. */
static size_t purge(const struct page *page, struct holes *holes, bool is_purged, size_t *runs) {
    size_t os_page = mip_os_info.page_size, size = page->block_size, bytes = 0;
    for (size_t index = *runs = 0; *runs < RUNS_MOST;) {
        size_t from = mip_bitset_next_set(holes->bits, index, page->capacity);
        if (from == page->capacity)
            break;
        index = mip_bitset_next_clear(holes->bits, from, page->capacity);
        char *start = (char *)mip_round_up((uintptr_t)page->start + from * size, os_page);
        char *end = (char *)mip_round_down((uintptr_t)page->start + index * size, os_page);
        if (start >= end)
            continue;
        bytes += (size_t)(end - start);
        ++*runs;
        if (is_purged) {
            mip_stat_increase(MIP_STAT_MMAPS, 1);
            if (mip_os_purge(start, (size_t)(end - start)))
                mip_stat_increase(MIP_STAT_RESET, (size_t)(end - start));
        }
    }
    return bytes;
}

bool mip_holes_punch(struct page *page) {
    if (SLOTS || page->block_size < HOLES_SIZE_LEAST || page->capacity > HOLES_CAPACITY_MOST ||
        page->state != PAGE_QUEUED || page->until_event == 0 ||
        page->until_event > page->capacity / USED_SHARE || !mip_page_may_purge(page))
        return false;
    uint32_t listed = page->carved - page->until_event;
    if (listed < page->capacity / LISTED_SHARE)
        return false;
    struct holes found;
    map_free(page, &found);
    size_t runs, bytes = purge(page, &found, false, &runs);
    if (bytes < listed * page->block_size / 2 || bytes < runs * RUN_LEAST * mip_os_info.page_size)
        return false;
    struct holes *holes = page->holes;
    bool is_fresh;
    if (holes == NULL && (holes = mip_pool_take(&holes_pool, &is_fresh)) == NULL)
        return false;
    memcpy(holes, &found, sizeof found);
    page->holes = holes;
    page->local = NULL;
    page->carved = page->until_event;
    page->is_zero = false;
    if (page->is_filled) {
        page->is_filled = false;
        mip_store_fence(); /* as in mip_page_carve */
        mip_arena_note_filled(page->arena, -(ptrdiff_t)page->slices);
    }
    purge(page, holes, true, &runs);
    return true;
}

uint32_t mip_holes_take(struct page *page, uint32_t limit, uint32_t *index) {
    struct holes *holes = page->holes;
    size_t from = mip_bitset_next_set(holes->bits, 0, page->capacity);
    size_t end = mip_bitset_next_clear(holes->bits, from, mip_min(page->capacity, from + limit));
    if (from == page->capacity) {
        /* What a fork cut off between here and a list is lost, and so counts as used. */
        uint32_t lost = page->capacity - page->carved;
        page->carved += lost;
        page->until_event += lost;
        mip_store_fence(); /* else the carve after a second fork gave them out again */
        mip_holes_drop(page);
        return 0;
    }
    mip_bitset_clear(holes->bits, from, end - from);
    *index = (uint32_t)from;
    return (uint32_t)(end - from);
}

bool mip_holes_has(const struct page *page, size_t index) {
    return mip_bitset_next_set(page->holes->bits, index, index + 1) == index;
}

void mip_holes_drop(struct page *page) {
    struct holes *holes = page->holes;
    page->holes = NULL; /* first: a fork may cut this off */
    mip_pool_give(&holes_pool, holes);
}

void mip_holes_fork_child(void) {
    mip_pool_fork_child(&holes_pool);
}
