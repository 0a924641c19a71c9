/* SPDX-License-Identifier: MIT */
/* Floor 3, core: see meta.h. */
#include "meta.h"

#include "../base/report.h"
#include "../base/stats.h"
#include "../bits.h"
#include "../os/os.h"
#include "../tool.h"
#include "../variant.h"

enum {
    POOL_LOOKS = 16, /* objects that a check follows */
    POOL_TRIES = 100
};
enum { META_ALIGNMENT = 128, META_CHUNK = 1 << 20, META_CHUNK_SMALL = 1 << 16 };

/* A chunk is handed out from the front; the header is part of it. */
struct MIP_ALIGNED(META_ALIGNMENT) chunk {
    _Atomic(size_t) a_used; /* bytes, header included; may run past size */
    size_t size;            /* bytes */
};

static _Atomic(struct chunk *) a_chunk;

static void *take_from(struct chunk *chunk, size_t size) {
    if (chunk == NULL)
        return NULL;
    size_t used = mip_load_relaxed(&chunk->a_used);
    while (size <= chunk->size && used <= chunk->size - size) {
        if (mip_cas_weak_relaxed(&chunk->a_used, &used, used + size))
            return (char *)chunk + used;
    }
    return NULL;
}

static void *map(size_t size) {
    size_t page_size = mip_os_info.page_size;
    if (!SLOTS)
        return mip_os_map(NULL, size, page_size);
    /* Between pages that nobody may touch. */
    char *base = mip_os_reserve(NULL, size + 2 * page_size, page_size);
    if (base == NULL || mip_os_commit(base + page_size, size))
        return base == NULL ? NULL : base + page_size;
    mip_os_release(base, size + 2 * page_size);
    return NULL;
}

/* A mapping that begins with a chunk header and has room for `size` bytes. */
static struct chunk *chunk_new(size_t size) {
    size_t limit = mip_os_info.address_limit;
    size_t chunk_size = limit / 64 < META_CHUNK ? META_CHUNK_SMALL : META_CHUNK;
    chunk_size = mip_max(chunk_size, mip_round_up(size + META_ALIGNMENT, META_CHUNK_SMALL));
    struct chunk *chunk = map(chunk_size);
    if (chunk == NULL)
        return NULL;
    mip_stat_increase(MIP_STAT_MMAPS, 1);
    mip_stat_increase(MIP_STAT_RESERVED, chunk_size);
    mip_stat_increase(MIP_STAT_COMMITTED, chunk_size);
    mip_os_name(chunk, chunk_size, "mimalloc metadata");
    mip_tool_own(chunk, chunk_size);
    chunk->size = chunk_size;
    mip_store_relaxed(&chunk->a_used, sizeof(struct chunk));
    return chunk;
}

void *mip_meta_alloc(size_t size) {
    size = mip_round_up(size, META_ALIGNMENT);
    for (;;) {
        /* acquire: pairs with the release below, so that the chunk's size is seen */
        struct chunk *current = mip_load_acquire(&a_chunk);
        void *p = take_from(current, size);
        if (p != NULL)
            return p;
        struct chunk *chunk = chunk_new(size);
        if (chunk == NULL)
            return NULL;
        p = take_from(chunk, size);
        /* What is left of the old chunk is given up: at most one object's worth. */
        if (mip_cas_acq_rel(&a_chunk, &current, chunk) || p != NULL)
            return p;
    }
}

/* CHECK_LEVEL: the objects that wait are objects, and none waits twice.  Nobody else takes one. */
static void check_free(const struct pool_item *first) {
    const struct pool_item *item = first;
    for (int i = 0; CHECK_LEVEL > 1 && item != NULL && i < POOL_LOOKS; i++) {
        MIP_ASSERT((uintptr_t)item % META_ALIGNMENT == 0);
        item = item->next;
        MIP_ASSERT(item != first);
    }
}

/* The list at which this thread begins, by its stack.  Any will do. */
static unsigned list_of_thread(void) {
    enum { STACK_SHIFT = 14 };
    uintptr_t stack = (uintptr_t)__builtin_frame_address(0) >> STACK_SHIFT;
    return (unsigned)((stack * 0x9e3779b1u & 0xffffffffu) >> 24) % POOL_LISTS;
}

/* *is_met: there is something, but somebody else is at it. */
static void *take_item(struct pool_list *list, bool *is_met) {
    if (mip_load_relaxed(&list->a_free) == NULL)
        return NULL;
    /* acquire: pairs with the release at unlock */
    if (mip_exchange_acquire(&list->a_lock, true)) {
        *is_met = true;
        return NULL;
    }
    /* acquire: pairs with the release in mip_pool_give */
    struct pool_item *item = mip_load_acquire(&list->a_free);
    check_free(item);
    while (item != NULL &&
           !atomic_compare_exchange_weak_explicit(&list->a_free, &item, item->next,
                                                  memory_order_acquire, memory_order_acquire))
        continue;
    mip_store_release(&list->a_lock, false);
    return item;
}

void *mip_pool_take(struct pool *pool, bool *is_fresh) {
    *is_fresh = false;
    unsigned first = list_of_thread();
    bool is_met = true;
    /* Who is at it is soon done, unless he was stopped there: after that nobody waits. */
    for (int tries = 0; is_met && tries < POOL_TRIES; tries++) {
        is_met = false;
        for (unsigned i = 0; i < POOL_LISTS; i++) {
            void *object = take_item(&pool->lists[(first + i) % POOL_LISTS].list, &is_met);
            if (object != NULL)
                return object;
        }
    }
    *is_fresh = true;
    return mip_meta_alloc(pool->size);
}

void mip_pool_give(struct pool *pool, void *object) {
    struct pool_item *item = object;
    unsigned place = list_of_thread(), beside = (place + 1) % POOL_LISTS;
    /* Something in two lists: a thread that is stopped at one leaves the other. */
    if (mip_load_relaxed(&pool->lists[place].list.a_free) != NULL &&
        mip_load_relaxed(&pool->lists[beside].list.a_free) == NULL)
        place = beside;
    for (unsigned i = 1; i < POOL_LISTS && mip_load_relaxed(&pool->lists[place].list.a_lock); i++)
        place = (place + 1) % POOL_LISTS;
    struct pool_list *list = &pool->lists[place].list;
    struct pool_item *head = mip_load_relaxed(&list->a_free);
    do {
        item->next = head;
        /* release: pairs with the acquire in take_item */
    } while (!mip_cas_weak_release(&list->a_free, &head, item));
}

void mip_pool_fork_child(struct pool *pool) {
    for (unsigned i = 0; i < POOL_LISTS; i++)
        mip_store_relaxed(&pool->lists[i].list.a_lock, false);
}
