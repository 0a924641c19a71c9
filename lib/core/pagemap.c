/* SPDX-License-Identifier: MIT */
/* Floor 3, core: see pagemap.h. */
#include "pagemap.h"

#include "../base/stats.h"
#include "../os/os.h"
#include "../tool.h"
#include "meta.h"

/* Until there is a window, nothing lies in it: see the fast free. */
struct pagemap_window mip_window = {.base = ~(UINTPTR_MAX >> 2)};
struct page mip_page_nobody = {.a_owner = OWNER_SPECIAL};

static _Atomic(size_t) a_window_slices; /* 0: there is no window yet */
static _Atomic(bool) a_has_early;       /* entries were made before there was a window */
static _Atomic(size_t) a_entries_ready; /* entries whose memory is accessible */

enum {
    LIMIT_STEP = 64, /* entries made valid at once: 4 MiB of addresses */
    NODE_BITS = 12,
    NODE_SIZE = 1 << NODE_BITS,
    KEY_BITS = sizeof(void *) * 8 - SLICE_SHIFT,
    LEVELS = (KEY_BITS + NODE_BITS - 1) / NODE_BITS
};

/* The cold tree: nodes of 4096 pointers; leaves hold pages. */
struct node {
    _Atomic(void *) a_entry[NODE_SIZE];
};
static struct node root;

bool mip_pagemap_init(uintptr_t base, size_t size) {
    size_t slices = size >> SLICE_SHIFT;
    size_t bytes = mip_round_up(slices * sizeof(void *), mip_os_info.page_size);
    size_t guard = SLOTS ? mip_os_info.page_size : 0; /* before and behind, never accessible */
    char *entries = mip_os_reserve(NULL, bytes + 2 * guard, mip_os_info.page_size);
    if (entries == NULL)
        return false;
    entries += guard;
    mip_os_name(entries, bytes, "mimalloc page map");
    mip_tool_own(entries, bytes);
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    mip_stat_increase(MIP_STAT_RESERVED, bytes);
    mip_store_word(&mip_window.base, base);
    mip_window.a_entries = (_Atomic(struct page *) *)entries;
    mip_store_release(&a_window_slices, slices); /* pairs with the acquire in window_slices */
    return true;
}

static size_t window_slices(void) {
    /* acquire: pairs with the release in mip_pagemap_init, so that base and entries are seen */
    return mip_load_acquire(&a_window_slices);
}

size_t mip_pagemap_window_size(void) {
    return window_slices() << SLICE_SHIFT;
}

/* Index in the window, or SIZE_MAX. */
static size_t window_index(const void *p) {
    size_t slices = window_slices();
    size_t index = ((uintptr_t)p - mip_load_word(&mip_window.base)) >> SLICE_SHIFT;
    return index < slices ? index : SIZE_MAX;
}

/* Make the entries up to `end` accessible; concurrent callers may do so twice. */
static bool commit_entries(size_t end) {
    size_t ready = mip_load_acquire(&a_entries_ready); /* acquire: pairs with the CAS below */
    if (end <= ready)
        return true;
    size_t step = 16 * mip_os_info.page_size / sizeof(void *);
    size_t target = mip_min(mip_round_up(end, step), window_slices());
    char *entries = (char *)mip_window.a_entries;
    size_t from = mip_round_down(ready * sizeof(void *), mip_os_info.page_size);
    size_t to = mip_round_up(target * sizeof(void *), mip_os_info.page_size);
    if (!mip_os_commit(entries + from, to - from))
        return false;
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    while (ready < target) {
        if (mip_cas_acq_rel(&a_entries_ready, &ready, target)) {
            mip_stat_increase(MIP_STAT_COMMITTED, (target - ready) * sizeof(void *));
            break;
        }
    }
    return true;
}

/* Raise the limit so that it covers `end`: fresh entries, which are NULL, become nobody's.  An
   entry that another thread has set meanwhile is left alone. */
static bool raise_limit(size_t end) {
    size_t limit = mip_load_acquire(&mip_window.a_limit); /* acquire: pairs with the CAS below */
    if (end <= limit)
        return true;
    size_t target = mip_min(mip_round_up(end, LIMIT_STEP), window_slices());
    if (!commit_entries(target))
        return false;
    for (size_t i = limit; i < target; i++) {
        struct page *expected = NULL;
        mip_cas_relaxed(&mip_window.a_entries[i], &expected, &mip_page_nobody);
    }
    while (limit < target) {
        /* release: who sees the limit sees valid entries below it, and where they are. */
        if (mip_cas_acq_rel(&mip_window.a_limit, &limit, target))
            break;
    }
    return true;
}

/* The slot of a slice in the tree; with `make`, missing nodes are made. */
static _Atomic(void *) *tree_slot(uintptr_t key, bool make) {
    struct node *node = &root;
    for (int level = LEVELS - 1; level > 0; level--) {
        _Atomic(void *) *slot = &node->a_entry[(key >> (level * NODE_BITS)) % NODE_SIZE];
        void *below = mip_load_acquire(slot); /* acquire: pairs with the CAS below */
        if (below == NULL) {
            if (!make)
                return NULL;
            void *fresh = mip_meta_alloc(sizeof(struct node));
            if (fresh == NULL)
                return NULL;
            /* A loser's node is lost; it happens at most a few times in a process. */
            below = mip_cas_acq_rel(slot, &below, fresh) ? fresh : below;
        }
        node = below;
    }
    return &node->a_entry[key % NODE_SIZE];
}

struct page *mip_pagemap_find(const void *p) {
    size_t index = window_index(p);
    if (index < mip_load_acquire(&mip_window.a_limit)) { /* acquire: pairs with raise_limit */
        /* acquire, and in the tree: pair with the releases of mip_pagemap_set */
        struct page *page = mip_load_acquire(&mip_window.a_entries[index]);
        if (page != &mip_page_nobody)
            return page;
    }
    /* What was mapped before there was a window may lie inside it all the same. */
    if (index != SIZE_MAX && !mip_load_relaxed(&a_has_early))
        return NULL;
    _Atomic(void *) *slot = tree_slot((uintptr_t)p >> SLICE_SHIFT, false);
    return slot == NULL ? NULL : mip_load_acquire(slot);
}

static bool set_outside(const void *start, size_t slices, struct page *page) {
    uintptr_t key = (uintptr_t)start >> SLICE_SHIFT;
    /* Or there was none when the caller looked. */
    if (page != NULL && (window_slices() == 0 || window_index(start) != SIZE_MAX))
        mip_store_relaxed(&a_has_early, true);
    for (size_t i = 0; i < slices; i++) {
        _Atomic(void *) *slot = tree_slot(key + i, page != NULL);
        if (slot == NULL && page == NULL)
            continue;
        if (slot == NULL) {
            mip_pagemap_clear(start, i);
            return false;
        }
        mip_store_release(slot, page);
    }
    return true;
}

/* How many of the slices from `start` lie in the window (at `*index`), or outside it: a run may
   cross its ends. */
static size_t part(const char *start, size_t slices, size_t *index) {
    *index = window_index(start);
    if (*index != SIZE_MAX)
        return mip_min(slices, window_slices() - *index);
    uintptr_t base = mip_load_word(&mip_window.base);
    size_t below = window_slices() == 0 || (uintptr_t)start > base
                       ? slices
                       : (base - (uintptr_t)start) >> SLICE_SHIFT;
    return mip_min(slices, below);
}

static bool set_part(const char *start, size_t count, size_t index, struct page *page) {
    if (index == SIZE_MAX)
        return set_outside(start, count, page);
    if (!raise_limit(index + count))
        return false;
    for (size_t i = 0; i < count; i++)
        mip_store_release(&mip_window.a_entries[index + i], page);
    return true;
}

/* The entries are stored with release: who asks about an address that nobody gave him may find a
   page at the moment it is entered, and reads what it says. */
bool mip_pagemap_set(const void *start, size_t slices, struct page *page) {
    size_t done = 0;
    while (done < slices) {
        const char *at = (const char *)start + (done << SLICE_SHIFT);
        size_t index;
        size_t count = part(at, slices - done, &index);
        if (!set_part(at, count, index, page)) {
            mip_pagemap_clear(start, done);
            return false;
        }
        done += count;
    }
    return true;
}

void mip_pagemap_clear_page(const void *start, struct page *page) {
    size_t index = window_index(start);
    /* acquire: pairs with raise_limit */
    if (index < mip_load_acquire(&mip_window.a_limit)) {
        struct page *expected = page;
        mip_cas_relaxed(&mip_window.a_entries[index], &expected, &mip_page_nobody);
    }
    _Atomic(void *) *slot = tree_slot((uintptr_t)start >> SLICE_SHIFT, false);
    void *expected = page;
    if (slot != NULL)
        mip_cas_relaxed(slot, &expected, NULL);
}

void mip_pagemap_clear(const void *start, size_t slices) {
    size_t done = 0;
    while (done < slices) {
        const char *at = (const char *)start + (done << SLICE_SHIFT);
        size_t index;
        size_t count = part(at, slices - done, &index);
        if (index == SIZE_MAX || mip_load_relaxed(&a_has_early))
            set_outside(at, count, NULL);
        size_t limit = mip_load_acquire(&mip_window.a_limit); /* acquire: pairs with raise_limit */
        for (size_t i = 0; index != SIZE_MAX && i < count && index + i < limit; i++)
            mip_store_relaxed(&mip_window.a_entries[index + i], &mip_page_nobody);
        done += count;
    }
}
