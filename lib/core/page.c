/* SPDX-License-Identifier: MIT */
/* Floor 3, core: see page.h.  Only the page's owner calls, but for what page.h says of others. */
#include "page.h"

#include <errno.h>
#include <string.h>

#include "../base/random.h"
#include "../base/report.h"
#include "../base/stats.h"
#include "../os/os.h"
#include "../tool.h"
#include "arena.h"
#include "guard.h"
#include "holes.h"
#include "meta.h"
#include "pagemap.h"

/* SLOTS: what lies before the first block of a page is a block that nobody gets, if the page has so
   many times its size, and of which this is zero: writes before the first are seen there. */
enum { PAD_SHARE = 8 };

enum { CARVE_BYTES = 4 * 1024, CARVE_SLOTS_MIN = 16, CARVE_SLOTS_MAX = 256 };
_Static_assert((int)MIP_STAT_BIN_HUGE == (int)BIN_NONE, "one numbering of classes");

static struct pool page_pool = {.size = sizeof(struct page)};
static _Atomic(unsigned) a_colour;

/* Everything of `other` goes behind `after` (NULL: to the front). */
static void splice(struct page_list *list, struct page *after, struct page_list *other) {
    if (other->first == NULL)
        return;
    struct page **next = after == NULL ? &list->first : &after->next;
    struct page *before = *next;
    other->first->previous = after;
    other->last->next = before;
    *next = other->first;
    if (before != NULL)
        before->previous = other->last;
    else
        list->last = other->last;
    other->first = other->last = NULL;
}

void mip_page_list_append(struct page_list *list, struct page_list *other) {
    splice(list, list->last, other);
}

void mip_page_queue_all(struct page_list *queue, struct page_list *pages) {
    enum { LOOKS = 16 };
    struct page *after = queue->last;
    for (int i = 0; after != NULL && after->until_event == 0; after = after->previous)
        if (++i == LOOKS) { /* behind the first then, or before it where it is empty, too */
            after = queue->first->until_event == 0 ? NULL : queue->first;
            break;
        }
    splice(queue, after, pages);
}

void mip_page_queue(struct page_list *queue, struct page *page) {
    struct page_list one = {page, page};
    mip_page_queue_all(queue, &one);
}

/* What variants with SLOTS need besides.  Inline, as what it names is missing at -O0 without SLOTS.
 */
static inline bool equip(struct page *page) {
    page->slots = mip_slots_new(page->capacity);
    page->reciprocal =
        (((uint64_t)1 << RECIPROCAL_SHIFT) + page->block_size - 1) / page->block_size;
    if (page->slots == NULL)
        mip_pool_give(&page_pool, page);
    return page->slots != NULL;
}

static void strip(struct page *page) {
    if (SLOTS)
        mip_slots_give(page->slots, page->capacity);
    else if (page->holes != NULL)
        mip_holes_drop(page);
    mip_pool_give(&page_pool, page);
}

static size_t pad_of(size_t block_size, size_t slices, unsigned flags) {
    if (!SLOTS || (flags & (PAGE_SINGLE | PAGE_CLOSED_OFF)) ||
        block_size > (slices << SLICE_SHIFT) / PAD_SHARE)
        return 0;
    return mip_max(block_size, PAGE_PAD_MIN);
}

struct page *mip_page_new(struct thread *thread, struct heap *heap, unsigned bin, size_t block_size,
                          char *start, size_t slices, unsigned arena, bool is_zero,
                          unsigned flags) {
    bool is_fresh;
    struct page *page = mip_pool_take(&page_pool, &is_fresh);
    if (page == NULL)
        return NULL;
    bool is_single = (flags & PAGE_SINGLE) != 0;
    size_t pad = pad_of(block_size, slices, flags);
    size_t capacity = is_single ? 1 : ((slices << SLICE_SHIFT) - pad) / block_size;
    bool is_special = is_single || (flags & PAGE_CLOSED_OFF);
    mip_store_relaxed(&page->a_owner, (uintptr_t)thread | (is_special ? OWNER_SPECIAL : 0));
    mip_store_relaxed(&page->a_flags, (uint8_t)flags);
    mip_store_relaxed(&page->a_remote, NULL);
    page->local = NULL;
    page->until_event = is_single;
    page->state = is_single ? PAGE_FULL : PAGE_QUEUED;
    page->bin = (uint8_t)bin;
    page->is_zero = is_zero;
    page->start = start + pad;
    mip_store_relaxed(&page->a_heap, heap);
    page->next = page->previous = NULL;
    page->carved = is_single;
    page->capacity = (uint32_t)capacity;
    page->block_size = block_size;
    page->slices = slices;
    page->key = SLOTS ? (uintptr_t)mip_random() : 0;
    page->first = 0;
    page->stamp = 0;
    page->extra_slice = 0;
    page->arena = (uint16_t)arena;
    page->is_short = false;
    page->is_filled = false;
    if (!is_single) {
        /* Pages begin carving at different blocks of their first OS page, so that their hot
           blocks do not all fall into the same cache sets. */
        size_t choices = SLOTS ? capacity : mip_min(mip_os_info.page_size / block_size, capacity);
        if (choices > 1) {
            unsigned colour = SLOTS ? (unsigned)mip_random() : mip_add_relaxed(&a_colour, 1) * 5;
            page->first = (uint32_t)(colour % choices);
        }
    }
    if (!SLOTS)
        page->holes = NULL;
    else if (!equip(page))
        return NULL;
    if (!mip_pagemap_set(start, is_single ? 1 : slices, page)) {
        strip(page);
        return NULL;
    }
    if (pad > 0 && !is_zero)
        memset(page->start - PAGE_PAD_MIN, 0, PAGE_PAD_MIN);
    mip_tool_hide(start, is_single ? block_size : slices << SLICE_SHIFT);
    mip_stat_page_increase(bin);
    mip_stat_increase(is_single ? MIP_STAT_HUGE : MIP_STAT_NORMAL,
                      is_single ? block_size : slices << SLICE_SHIFT);
    return page;
}

bool mip_page_may_purge(struct page *page) {
    return (mip_page_flags(page) & PAGE_MAPPED) || mip_arena_may_purge(page->arena);
}

void mip_page_release(struct page *page) {
    unsigned flags = mip_page_flags(page);
    bool is_single = (flags & PAGE_SINGLE) != 0;
    char *start = page->start - mip_page_pad(page);
    size_t slices = page->slices;
    unsigned arena = page->arena;
    mip_pagemap_clear(start, is_single ? 1 : slices);
    if (page->extra_slice != 0)
        mip_pagemap_clear(start + ((size_t)(page->extra_slice - 1) << SLICE_SHIFT), 1);
    mip_stat_page_decrease(page->bin);
    mip_stat_decrease(is_single ? MIP_STAT_HUGE : MIP_STAT_NORMAL,
                      is_single ? page->block_size : slices << SLICE_SHIFT);
    size_t block_size = page->block_size;
    uint32_t alignment_shift = page->first;
    if (page->is_filled)
        mip_arena_note_filled(arena, -(ptrdiff_t)slices);
    page->state = PAGE_UNUSED;
    mip_store_relaxed(&page->a_owner, OWNER_SPECIAL);
    strip(page);
    int saved = errno; /* free keeps it, also where the kernel refuses to take memory back */
    if (SLOTS && (flags & PAGE_CLOSED_OFF) && !mip_os_commit(start, slices << SLICE_SHIFT)) {
        errno = saved;
        return; /* the kernel keeps it closed: addresses without memory are lost */
    }
    if (SLOTS && (flags & PAGE_GUARDED))
        mip_guard_unmap(start, block_size, slices, alignment_shift);
    else if (flags & PAGE_MAPPED)
        mip_arena_unmap(start, is_single ? slices : slices << SLICE_SHIFT);
    else
        mip_arena_give(arena, start, slices);
    errno = saved;
}

bool mip_page_enter_interior(struct page *page, const void *p) {
    size_t slice = (size_t)((const char *)p - page->start) >> SLICE_SHIFT;
    if (slice == 0)
        return true;
    if (!mip_pagemap_set(page->start + (slice << SLICE_SHIFT), 1, page))
        return false;
    page->extra_slice = (uint32_t)slice + 1;
    return true;
}

void mip_page_set_interior(struct page *page) {
    mip_store_relaxed(&page->a_flags, (uint8_t)(mip_page_flags(page) | PAGE_INTERIOR));
    mip_store_relaxed(&page->a_owner, mip_load_relaxed(&page->a_owner) | OWNER_SPECIAL);
}

struct block *mip_page_take_local(struct page *page, uint32_t *count) {
    struct block *list = page->local;
    *count = list == NULL ? 0 : page->carved - page->until_event;
    page->local = NULL;
    page->until_event = page->carved;
    return list;
}

/* Blocks of half an OS page at most: whoever uses them touches all of it. */
static void note_filled(struct page *page) {
    if (page->is_filled || page->block_size > mip_os_info.page_size / 2 ||
        (mip_page_flags(page) & PAGE_MAPPED))
        return;
    mip_arena_note_filled(page->arena, (ptrdiff_t)page->slices);
    mip_store_fence(); /* what a fork cuts off here counts twice, not less than nothing */
    page->is_filled = true;
}

struct block *mip_page_carve(struct page *page, uint32_t *count) {
    uint32_t left = page->capacity - page->carved;
    *count = 0;
    if (left == 0) {
        if (!SLOTS && page->holes != NULL)
            mip_holes_drop(page); /* the map is empty */
        return NULL;
    }
    /* Little at a time: memory nobody asked for stays untouched, and a thread that ends soon has
       few blocks to put back. */
    size_t size = page->block_size;
    uint32_t wanted = (uint32_t)mip_max(CARVE_BYTES / size, 1);
    if (SLOTS) /* no block is touched, and their order is random */
        wanted = (uint32_t)mip_max(mip_min(wanted, CARVE_SLOTS_MAX), CARVE_SLOTS_MIN);
    uint32_t index = page->first + page->carved;
    if (!SLOTS && page->carved == 0) { /* the rest of the first OS page */
        size_t room = mip_os_info.page_size - (index * size) % mip_os_info.page_size;
        wanted = (uint32_t)mip_max(mip_min(wanted, room / size), 1);
    }
    uint32_t n = left < wanted ? left : wanted;
    if (!SLOTS && page->holes != NULL) {
        n = mip_holes_take(page, n, &index);
        if (n == 0)
            return NULL;
    } else if (index >= page->capacity) {
        index -= page->capacity;
    } else if (n > page->capacity - index) {
        n = page->capacity - index; /* up to the end; the next carve begins at the front */
    }
    struct block *first = (struct block *)(page->start + (size_t)index * size);
    if (SLOTS) {
        first = mip_slots_carve(page, index, n);
        page->carved += n;
        page->until_event += n;
        *count = n;
        return first;
    }
    struct block *block = first;
    for (uint32_t i = 1; i < n; i++) {
        struct block *next = (struct block *)((char *)block + size);
        mip_link_set(page, block, next);
        block = next;
    }
    mip_link_set(page, block, NULL);
    page->carved += n;
    page->until_event += n;
    *count = n;
    if (page->carved == page->capacity)
        note_filled(page);
    return first;
}

void mip_page_put(struct page *page, struct block *first, struct block *last, uint32_t count) {
    mip_link_set(page, last, page->local);
    page->local = first;
    page->until_event -= count;
}

uint32_t mip_page_collect_remote(struct page *page) {
    if (mip_load_relaxed(&page->a_remote) == NULL)
        return 0;
    /* acquire: pairs with the release of the push in free_made */
    struct block *list = mip_exchange_acquire(&page->a_remote, NULL);
    uint32_t count = 0;
    while (list != NULL) {
        struct block *next = mip_link_get(page, list);
        mip_link_set(page, list, page->local);
        page->local = list;
        list = next;
        count++;
    }
    return count;
}

bool mip_page_is_block(const struct page *page, const void *p) {
    if ((const char *)p < page->start || (const char *)p >= mip_page_end(page))
        return false;
    size_t offset = (size_t)((const char *)p - page->start);
    if (offset % page->block_size != 0)
        return false;
    size_t index = offset / page->block_size;
    if (!SLOTS && page->holes != NULL)
        return !mip_holes_has(page, index);
    size_t order =
        index >= page->first ? index - page->first : index + page->capacity - page->first;
    return order < page->carved;
}

bool mip_page_list_has(const struct page *page, const struct block *list, const void *block) {
    for (uint32_t i = 0; list != NULL && i <= page->capacity; i++) {
        if (list == block)
            return true;
        if (!mip_page_is_block(page, list))
            mip_fatal("corrupted free list: link to %p in the page at %p", (const void *)list,
                      (void *)page->start);
        list = mip_link_get(page, list);
    }
    return false;
}

uint32_t mip_page_list_length(const struct page *page, const struct block *list) {
    uint32_t length = 0;
    while (list != NULL) {
        if (SLOTS && !mip_page_is_block(page, list))
            mip_fatal("corrupted free list: link to %p in the page at %p", (const void *)list,
                      (void *)page->start);
        length++;
        MIP_ASSERT(length <= page->capacity);
        list = mip_link_get(page, list);
    }
    return length;
}

void mip_page_check(const struct page *page) {
    if (CHECK_LEVEL < 2)
        return;
    unsigned flags = mip_load_relaxed(&page->a_flags);
    MIP_ASSERT(page->carved <= page->capacity);
    if (page->state == PAGE_FULL) {
        MIP_ASSERT(page->carved == page->capacity);
        MIP_ASSERT(page->until_event == 1 && page->local == NULL);
    } else {
        MIP_ASSERT(page->state == PAGE_QUEUED || page->state == PAGE_CLOSED);
        MIP_ASSERT(page->until_event <= page->carved);
        MIP_ASSERT(mip_page_list_length(page, page->local) == page->carved - page->until_event);
    }
    MIP_ASSERT(!(flags & (PAGE_SINGLE | PAGE_INTERIOR)) ||
               (mip_load_relaxed(&page->a_owner) & OWNER_SPECIAL));
    MIP_ASSERT(!(flags & PAGE_SINGLE) || page->capacity == 1);
    MIP_ASSERT(mip_pagemap_find(page->start) == page);
    MIP_ASSERT((flags & PAGE_MAPPED) ||
               mip_arena_is_run_taken(page->arena, page->start, page->slices));
}

void mip_page_fork_child(void) {
    if (SLOTS) {
        mip_slots_fork_child();
        mip_guard_fork_child();
    }
    mip_holes_fork_child();
    mip_pool_fork_child(&page_pool);
}
