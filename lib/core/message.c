/* SPDX-License-Identifier: MIT */
/* Floor 4, core: blocks freed by a thread that does not own their page.

   Backing-heap pages.  The freeing thread gathers blocks by page in batches of its own record; a
   batch is posted as one message on the stack of the record that owns the page.  The owner takes
   the whole stack with one exchange (so there is no ABA), and splices a bounded portion per tick.
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
    DRAIN_PORTION = 32, /* messages per tick, doubling while a backlog lasts */
    DRAIN_PORTION_MAX = 4096,
    DRAIN_PER_MS = 2048, /* of a thread that is rarely here: about a tenth of its time */
    DRAIN_LATE_MAX = 65536,
    FLUSH_AFTER = 256, /* frees into batches without one posted */
    PINNED_MAX = 4     /* pages pinned by batches that old */
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

/* The chain's message, which lies in its first block. */
static struct message *message_of(const struct page *page, struct block *head, struct block *tail,
                                  uint32_t count) {
    struct block *second = count > 1 ? mip_link_get(page, head) : head;
    struct message *message = (struct message *)head;
    if (SLOTS) { /* the chain is in the slot words */
        if (count == 1)
            mip_link_set(page, head, NULL);
        mip_strict_begin_message(page, head);
        return message;
    }
    size_t chain = (size_t)((char *)second - page->start) >> GRANULE_SHIFT;
    size_t last = (size_t)((char *)tail - page->start) >> GRANULE_SHIFT;
    message->chain = chain & 0xfffffff;
    message->tail = last & 0xfffffff;
    message->count = count & 0xff;
    return message;
}

/* The batch's message, or NULL. */
static struct message *take_batch(struct thread *thread, struct batch *batch) {
    struct page *page = batch->page;
    if (page == NULL)
        return NULL;
    batch->page = NULL;
    thread->batches_used--;
    thread->frees_since_flush = 0;
    return message_of(page, batch->head, batch->tail, batch->count);
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
    mip_store_release(&owner->a_made_hint, true); /* pairs with the acquire in collect_hinted */
}

static struct batch *batch_for(struct thread *thread, const struct page *page) {
    struct batch *set = thread->batch[((uintptr_t)page / sizeof(struct page)) % BATCH_SETS];
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

void mip_free_remote(struct thread *thread, struct page *page, struct block *block) {
    unsigned flags = mip_page_flags(page);
    if (flags & PAGE_MADE) {
        free_made(page, block);
        return;
    }
    if (thread == NULL || (flags & PAGE_SINGLE)) {
        post(message_of(page, block, block, 1), page);
        return;
    }
    struct batch *batch = batch_for(thread, page);
    if (batch->page == NULL) {
        batch->page = page;
        thread->batches_used++;
        batch->head = batch->tail = block;
        batch->count = 1;
        mip_link_set(page, block, NULL);
    } else {
        mip_link_set(page, block, batch->head);
        batch->head = block;
        batch->count++;
    }
    thread->frees_since_flush++;
    if (batch->count >= BATCH_COUNT_MAX || batch->count * page->block_size >= BATCH_BYTES_MAX)
        flush(thread, batch);
    else if (thread->frees_since_flush >= FLUSH_AFTER && thread->batches_used >= PINNED_MAX)
        mip_flush_batches(thread);
}

static struct message *take_all(struct thread *thread) {
    if (mip_load_relaxed(&thread->a_messages) == NULL)
        return NULL;
    /* acquire: pairs with the release in post */
    return mip_exchange_acquire(&thread->a_messages, NULL);
}

/* Its chain, out of the slot words. */
static void splice_slots(struct page *page, struct block *head) {
    struct block *tail = head, *next;
    uint32_t count = 1;
    mip_strict_end_message(page, head);
    while ((next = mip_link_get(page, tail)) != NULL) {
        tail = next;
        count++;
    }
    mip_heap_put(page, head, tail, count);
}

static void splice(struct thread *thread, struct message *message) {
    struct page *page = mip_pagemap_find(message);
    struct thread *owner = page == NULL ? NULL : mip_page_owner(page);
    if (owner == NULL)
        mip_fatal("corrupted message at %p: a block was freed twice or overwritten after free",
                  (void *)message);
    if (owner != thread) {
        push(message, owner); /* only pushed: draining that record too would recur */
        return;
    }
    if (SLOTS) {
        splice_slots(page, (struct block *)message);
        return;
    }
    uint32_t count = message->count;
    struct block *head = (struct block *)message;
    struct block *tail = (struct block *)(page->start + ((size_t)message->tail << GRANULE_SHIFT));
    struct block *second =
        (struct block *)(page->start + ((size_t)message->chain << GRANULE_SHIFT));
    if (count > 1)
        mip_link_set(page, head, second);
    mip_heap_put(page, head, tail, count);
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
    for (; portion > 0; portion--) {
        if (thread->backlog == NULL)
            thread->backlog = take_all(thread);
        struct message *message = thread->backlog;
        if (message == NULL) {
            thread->backlog_count = 0;
            return;
        }
        thread->backlog = next_of(message);
        if (SLOTS && thread->backlog != NULL)
            mip_strict_check_message(thread->backlog, message);
        splice(thread, message);
    }
    thread->backlog_count =
        mip_min(2 * mip_max(thread->backlog_count, DRAIN_PORTION), DRAIN_PORTION_MAX);
}
