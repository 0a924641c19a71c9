/* SPDX-License-Identifier: MIT */
/* Floor 3, core: see holes.h. */
#include "holes.h"

#include "../base/stats.h"
#include "../os/os.h"
#include "meta.h"

enum {
    WORDS = HOLES_CAPACITY_MOST / (8 * (int)sizeof(size_t)),
    USED_SHARE = 4,   /* pages less than a quarter used are punched, */
    LISTED_SHARE = 4, /* when at least a quarter of the page is on its list, */
    RUN_LEAST = 2,    /* and in the mean so many OS pages lie side by side: a call costs more than
                         a few pages do, */
    RUNS_MOST = 32    /* by so many calls at most */
};

struct holes {
    size_t bits[WORDS];
};

static struct pool holes_pool = {.size = sizeof(struct holes)};

static void set(struct holes *holes, size_t index) {
    holes->bits[index / MIP_WORD_BITS] |= (size_t)1 << index % MIP_WORD_BITS;
}

static bool is_set(const struct holes *holes, size_t index) {
    return holes->bits[index / MIP_WORD_BITS] >> index % MIP_WORD_BITS & 1;
}

/* From `index` on, the first block that is in the map (is_in) or is not; `end` if there is none. */
static size_t next(const struct holes *holes, size_t index, size_t end, bool is_in) {
    while (index < end && is_set(holes, index) != is_in)
        index++;
    return index;
}

/* All blocks of the page that are free.  The number of those on its list. */
static uint32_t map_free(const struct page *page, struct holes *holes) {
    uint32_t listed = 0;
    if (page->holes != NULL) {
        *holes = *page->holes;
    } else {
        *holes = (struct holes){{0}};
        for (uint32_t i = page->carved; i < page->capacity; i++)
            set(holes, (page->first + i) % page->capacity);
    }
    for (const struct block *block = page->local; block != NULL;
         block = mip_link_get(page, block)) {
        set(holes, (size_t)((const char *)block - page->start) / page->block_size);
        listed++;
    }
    return listed;
}

/* The OS pages that hold nothing but blocks of the map: their bytes, in *runs runs.  Given back
   when is_purged. */
static size_t purge(const struct page *page, const struct holes *holes, bool is_purged,
                    size_t *runs) {
    size_t os_page = mip_os_info.page_size, size = page->block_size, bytes = 0;
    for (size_t index = *runs = 0; *runs < RUNS_MOST;) {
        size_t from = next(holes, index, page->capacity, true);
        if (from == page->capacity)
            break;
        index = next(holes, from, page->capacity, false);
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
        page->state != PAGE_QUEUED || page->until_event > page->capacity / USED_SHARE)
        return false;
    struct holes found;
    uint32_t listed = map_free(page, &found);
    size_t runs, bytes = purge(page, &found, false, &runs);
    if (listed < page->capacity / LISTED_SHARE || bytes < listed * page->block_size / 2 ||
        bytes < runs * RUN_LEAST * mip_os_info.page_size)
        return false;
    struct holes *holes = page->holes;
    bool is_fresh;
    if (holes == NULL && (holes = mip_pool_take(&holes_pool, &is_fresh)) == NULL)
        return false;
    *holes = found;
    page->holes = holes;
    page->local = NULL;
    page->carved = page->until_event;
    page->is_zero = false;
    purge(page, holes, true, &runs);
    return true;
}

uint32_t mip_holes_take(struct page *page, uint32_t limit, uint32_t *index) {
    struct holes *holes = page->holes;
    size_t from = next(holes, 0, page->capacity, true);
    size_t end = next(holes, from, mip_min(page->capacity, from + limit), false);
    if (from == page->capacity) {
        /* What a fork cut off between here and a list is lost, and so counts as used. */
        uint32_t lost = page->capacity - page->carved;
        page->carved += lost;
        page->until_event += lost;
        mip_holes_drop(page);
        return 0;
    }
    for (size_t i = from; i < end; i++)
        holes->bits[i / MIP_WORD_BITS] &= ~((size_t)1 << i % MIP_WORD_BITS);
    *index = (uint32_t)from;
    return (uint32_t)(end - from);
}

bool mip_holes_has(const struct page *page, size_t index) {
    return is_set(page->holes, index);
}

void mip_holes_drop(struct page *page) {
    struct holes *holes = page->holes;
    page->holes = NULL; /* first: a fork may cut this off */
    mip_pool_give(&holes_pool, holes);
}

void mip_holes_fork_child(void) {
    mip_pool_fork_child(&holes_pool);
}
