/* SPDX-License-Identifier: MIT */
/* Floor 4, core: blocks freed by a thread that does not own their page.

   Backing-heap pages.  The freeing thread gathers blocks by page in batches of its own record; a
   batch is posted as one message, which names its blocks by their places in the page, on the stack
   of the record that owns the page.  The owner takes the whole stack with one exchange (so there is
   no ABA), makes lists of the blocks, and splices a bounded number of them per tick.
   - A page cannot go away while a batch or a message holds one of its blocks: they count as used.
   - The owner word may change before the message is read (a page is taken from a parked record):
     the reader forwards what is not its own.  Records are never unmapped, so posting to an old
     owner is safe.
   Pages born in made heaps.  The heap may be destroyed while a batch waits, so their blocks never
   enter one: each is pushed on the page's own list, and the page is not touched after that.  The
   hint in the owner's record, which is never unmapped, follows the push. */
#include "../base/report.h"
#include "../os/os.h"
#include "heap.h"
#include "pagemap.h"
#include "strict.h"

enum {
    DRAIN_PORTION = 256, /* blocks per tick, doubling while a backlog lasts */
    DRAIN_PORTION_MAX = 4096,
    DRAIN_PER_MS = 8192, /* of a thread that is rarely here: about a tenth of its time */
    DRAIN_LATE_MAX = 65536,
    FLUSH_AFTER = 2048, /* frees into batches, a larger block for several, without one posted */
    FLUSH_SHIFT = 8,    /* a block of so many bytes (log2) for two */
    PINNED_MAX = 4      /* pages pinned by batches that old */
};

/* Where blocks are checked, what lies in one that is free is nothing that can be forged. */
static struct message *next_of(const struct message *message) {
    if (SLOTS)
        return (struct message *)((uintptr_t)message->next ^ mip_strict_mask(message));
    return message->next;
}

static void set_next(struct message *message, struct message *next) {
    message->next = SLOTS ? (struct message *)((uintptr_t)next ^ mip_strict_mask(message)) : next;
}

static void push(struct message *message, struct thread *owner) {
    struct message *head = mip_load_relaxed(&owner->a_messages);
    do {
        set_next(message, head);
        /* release: pairs with the acquire in take_all */
    } while (!mip_cas_weak_release(&owner->a_messages, &head, message));
}

static void post(struct message *message, struct page *page) {
    struct thread *owner = mip_page_owner(page);
    push(message, owner);
    /* Nobody runs for a parked record: do a portion of its work now and then. */
    if (mip_load_relaxed(&owner->a_state) == RECORD_PARKED && mip_thread_try_lock(owner)) {
        mip_drain(owner, false);
        mip_store_relaxed(&owner->a_has_pages, true);
        mip_thread_unlock(owner);
    }
}

/* Pages of larger blocks are longer, and those blocks multiples of more. */
enum { LONG_PAGES_SHIFT = GRANULE_SHIFT + 3 };
_Static_assert((SMALL_PAGE_SLICES_TOP << SLICE_SHIFT >> GRANULE_SHIFT) <= PLACE_NONE &&
                   (PAGE_SLICES_TOP << SLICE_SHIFT >> LONG_PAGES_SHIFT) <= PLACE_NONE,
               "places of all blocks of a page fit");
_Static_assert(NATURAL_ALIGNMENT_MAX / BINS_PER_DOUBLING % (1 << LONG_PAGES_SHIFT) == 0,
               "larger blocks lie at multiples of a place");

static uint8_t place_shift(const struct page *page) {
    return page->block_size > NATURAL_ALIGNMENT_MAX ? LONG_PAGES_SHIFT : GRANULE_SHIFT;
}

static uint16_t place_of(const struct page *page, const void *block) {
    return (uint16_t)((size_t)((const char *)block - page->start) >> place_shift(page));
}

static void *block_at(const struct page *page, uint16_t place) {
    return page->start + ((size_t)place << place_shift(page));
}

/* A block that holds others of its page, in front of those that `chain` holds. */
static struct message *holder(struct block *block, uint16_t chain) {
    struct message *message = (struct message *)block;
    message->chain = chain;
    message->count = 0;
    return message;
}

/* A message of this block alone. */
static struct message *message_of(const struct page *page, struct block *block) {
    if (!SLOTS)
        return holder(block, PLACE_NONE);
    mip_link_set(page, block, NULL);
    mip_strict_begin_message(page, block);
    return (struct message *)block;
}

/* The batch's message, or NULL. */
static struct message *take_batch(struct thread *thread, struct batch *batch) {
    if (batch->page == NULL)
        return NULL;
    if (SLOTS)
        mip_strict_begin_message(batch->page, (struct block *)batch->head);
    batch->page = NULL;
    thread->batches_used--;
    thread->frees_since_flush = 0;
    return batch->head;
}

static void flush(struct thread *thread, struct batch *batch) {
    struct page *page = batch->page;
    struct message *message = take_batch(thread, batch);
    if (message != NULL)
        post(message, page);
}

/* Only pushed: draining the others' records too would recur, from one to the next. */
static void push_batches(struct thread *thread) {
    for (int set = 0; thread->batches_used > 0 && set < BATCH_SETS; set++) {
        for (int way = 0; way < BATCH_WAYS; way++) {
            struct page *page = thread->batch[set][way].page;
            struct message *message = take_batch(thread, &thread->batch[set][way]);
            if (message != NULL)
                push(message, mip_page_owner(page));
        }
    }
}

void mip_flush_batches(struct thread *thread) {
    for (int set = 0; thread->batches_used > 0 && set < BATCH_SETS; set++)
        for (int way = 0; way < BATCH_WAYS; way++)
            flush(thread, &thread->batch[set][way]);
}

/* Nobody runs for a parked record: act for it, with what others pushed on the page as well.  False:
   somebody else does, or has taken the page. */
static bool free_parked(struct thread *owner, struct page *page, struct block *block) {
    if (mip_load_relaxed(&owner->a_state) != RECORD_PARKED || !mip_thread_try_lock(owner))
        return false;
    bool is_owner = mip_page_owner(page) == owner;
    if (is_owner) {
        mip_heap_collect_page(page); /* does not release it: our block is in use */
        mip_heap_put(page, block, block, 1);
        mip_store_relaxed(&owner->a_has_pages, true);
    }
    mip_thread_unlock(owner);
    return is_owner;
}

static void free_made(struct page *page, struct block *block) {
    struct thread *owner = mip_page_owner(page); /* before the push: then the page may be gone */
    if (free_parked(owner, page, block))
        return;
    struct block *head = mip_load_relaxed(&page->a_remote);
    do {
        mip_link_set(page, block, head);
        /* release: pairs with the acquire in mip_page_collect_remote */
    } while (!mip_cas_weak_release(&page->a_remote, &head, block));
    /* release: pairs with the acquire in collect_hinted.  An exchange, since it has to pair with
       all that came since, and a store of another thread's would hide this one. */
    (void)mip_exchange_acq_rel(&owner->a_made_hint, true);
}

/* The page's batch, or one without a page. */
static struct batch *batch_for(struct thread *thread, const struct page *page) {
    struct batch *set = mip_batch_set(thread, page);
    for (int way = 0; way < BATCH_WAYS; way++)
        if (set[way].page == page)
            return &set[way];
    for (int way = 0; way < BATCH_WAYS; way++)
        if (set[way].page == NULL)
            return &set[way];
    thread->next_way ^= 1;
    flush(thread, &set[thread->next_way]);
    return &set[thread->next_way];
}

/* All batches are posted when 2048 small blocks, or half a MiB of large ones, came since one of
   them was; each holds BATCH_BYTES_MAX, so that 2 MiB wait at most. */
static uint32_t weight_of(const struct page *page) {
    return 1 + (uint32_t)(page->block_size >> FLUSH_SHIFT);
}

void mip_batch_make_head(struct thread *thread, struct batch *batch, struct block *block) {
    struct page *page = batch->page;
    if (SLOTS) { /* the chain is in the slot words */
        mip_link_set(page, block, (struct block *)batch->head);
        batch->head = (struct message *)block;
        batch->left--;
        thread->frees_since_flush += weight_of(page);
        return;
    }
    size_t places = (page->block_size - offsetof(struct message, place)) / sizeof(uint16_t);
    struct message *head =
        holder(block, batch->head == NULL ? PLACE_NONE : place_of(page, batch->head));
    batch->left--;
    mip_store_fence();
    batch->head = head;
    batch->room = (uint16_t)mip_min(places, batch->left);
    batch->left -= batch->room;
    thread->frees_since_flush += (batch->room + 1u) * weight_of(page);
}

/* There is no batch for the page, or it is full. */
static void begin_batch(struct thread *thread, struct page *page, struct block *block) {
    struct batch *batch = batch_for(thread, page);
    flush(thread, batch);
    batch->left =
        (uint16_t)mip_max(mip_min(BATCH_COUNT_MAX, BATCH_BYTES_MAX / page->block_size), 1);
    batch->shift = place_shift(page);
    batch->head = NULL;
    batch->room = 0;
    batch->page = page;
    thread->batches_used++;
    mip_batch_make_head(thread, batch, block);
    if (batch->room == 0 && batch->left == 0)
        flush(thread, batch);
    else if (thread->frees_since_flush >= FLUSH_AFTER && thread->batches_used >= PINNED_MAX)
        mip_flush_batches(thread);
}

void mip_free_remote(struct thread *thread, struct page *page, struct block *block) {
    unsigned flags = mip_page_flags(page);
    if (flags & PAGE_MADE)
        free_made(page, block);
    else if (thread == NULL || (flags & PAGE_SINGLE))
        post(message_of(page, block), page);
    else if (!mip_batch_add(thread, page, block))
        begin_batch(thread, page, block);
}

static struct message *take_all(struct thread *thread) {
    if (mip_load_relaxed(&thread->a_messages) == NULL)
        return NULL;
    /* acquire: pairs with the release in push */
    return mip_exchange_acquire(&thread->a_messages, NULL);
}

/* Its chain, out of the slot words.  Inline, or what it names would be missing at -O0 without
 * SLOTS. */
static inline size_t splice_slots(struct page *page, struct block *head) {
    struct block *tail = head, *next;
    uint32_t count = 1;
    mip_strict_end_message(page, head);
    while ((next = mip_link_get(page, tail)) != NULL) {
        tail = next;
        count++;
    }
    mip_heap_put(page, head, tail, count);
    return count;
}

/* The blocks of a message as a list, the last freed first.  None of them is read but the holders.
 */
static struct block *unpack(struct page *page, struct message *message, struct block **last,
                            uint32_t *count) {
    struct block *list = NULL;
    *last = NULL;
    *count = 0;
    for (;;) {
        uint16_t chain = message->chain;
        unsigned places = message->count;
        for (unsigned i = 0; i < places; i++) {
            struct block *block = block_at(page, message->place[i]);
            if (*last == NULL)
                *last = block;
            mip_link_set(page, block, list);
            list = block;
        }
        struct block *holding = (struct block *)message;
        if (*last == NULL)
            *last = holding;
        mip_link_set(page, holding, list);
        list = holding;
        *count += places + 1;
        if (chain == PLACE_NONE)
            return list;
        message = block_at(page, chain);
    }
}

/* The number of blocks that came home. */
static size_t splice(struct thread *thread, struct message *message) {
    struct page *page = mip_pagemap_find(message);
    struct thread *owner = page == NULL ? NULL : mip_page_owner(page);
    if (owner == NULL)
        mip_fatal("corrupted message at %p: a block was freed twice or overwritten after free",
                  (void *)message);
    if (owner != thread) {
        push(message, owner); /* only pushed: draining that record too would recur */
        return 1;
    }
    if (SLOTS)
        return splice_slots(page, (struct block *)message);
    struct block *last;
    uint32_t count;
    struct block *list = unpack(page, message, &last, &count);
    mip_heap_put(page, list, last, count);
    return count;
}

/* How many messages to splice at this tick.  A thread that is busy splices a bounded portion; one
   that comes by rarely makes up for the time that has passed. */
static size_t drain_portion(struct thread *thread) {
    size_t portion = mip_max(thread->backlog_count, DRAIN_PORTION);
    if (thread->backlog == NULL)
        return portion;
    uint64_t now = mip_os_clock_ms();
    uint64_t passed = now - thread->drained_at;
    thread->drained_at = now;
    if (passed > DRAIN_LATE_MAX / DRAIN_PER_MS)
        return DRAIN_LATE_MAX;
    return mip_max(portion, (size_t)passed * DRAIN_PER_MS);
}

void mip_drain(struct thread *thread, bool all) {
    if (MIP_UNLIKELY(thread->needs_flush)) {
        thread->needs_flush = false;
        push_batches(thread);
    }
    size_t portion = all ? SIZE_MAX : drain_portion(thread);
    while (portion > 0) {
        if (thread->backlog == NULL)
            thread->backlog = take_all(thread);
        struct message *message = thread->backlog;
        if (message == NULL) {
            thread->backlog_count = 0;
            return;
        }
        thread->backlog = next_of(message);
        MIP_PREFETCH(thread->backlog);
        if (SLOTS && thread->backlog != NULL)
            mip_strict_check_message(thread->backlog, message);
        portion -= mip_min(splice(thread, message), portion);
    }
    thread->backlog_count =
        mip_min(2 * mip_max(thread->backlog_count, DRAIN_PORTION), DRAIN_PORTION_MAX);
}
