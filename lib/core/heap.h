/* SPDX-License-Identifier: MIT */
/* Floor 4, core: heaps, and the thread records that own them.

   A heap has, per bin, the list it allocates from in the heap itself (the blocks of that list were
   loaded from the bin's current page, the first of its queue, and count as used there).  When the
   list runs empty, that is a tick: mip_heap_refill.

   A thread record is what a thread owns: its backing heap, batches of blocks that belong to
   others, messages it received.  Records are type-stable and never unmapped.  States:
     ACTIVE   a living thread uses it; only that thread touches what is marked [owner]
     PARKED   its thread has ended; whoever changes PARKED to BUSY may act as the owner
     BUSY     somebody does
     DEAD     a fork, or a signal's handler, ended its thread in the midst of something; unused

   The owner token in pages is the record's address and stays the same over adoptions. */
#ifndef MIP_HEAP_H
#define MIP_HEAP_H

#include "../os/os.h"
#include "arena.h"
#include "page.h"

enum {
    BATCH_SETS = 64,
    BATCH_WAYS = 2,
    BATCH_COUNT_MAX = 64,        /* blocks in one message */
    BATCH_BYTES_MAX = 16 * 1024, /* of them */
    EMPTY_MAX = 32,              /* slices in empty pages that a heap keeps */
    RELEASE_PORTION = 64,        /* slices in empty pages that are given back at once */
    TICKS_PER_CHECK = 16         /* ticks between two looks at the clock and the arenas */
};

struct heap {
    struct block *list[BIN_COUNT];     /* [owner] first: the fast path indexes it */
    struct page_list queue[BIN_COUNT]; /* [owner] pages with free blocks; first: the current one */
    uint8_t list_is_zero[BIN_COUNT];   /* [owner] the list is a fresh carve of zero memory */
    uint32_t bin_slices[BIN_COUNT];    /* [owner] slices in the bin's pages, */
    size_t shared_slices;              /* [owner] and in those of all bins */
    struct page_list full;             /* [owner] pages without free blocks, single blocks */
    struct page_list full_made;        /* [owner] likewise, pages that others free into directly */
    size_t empty_slices;               /* [owner] in queued pages without a used block: see
                                          mip_empty_slices */
    uint8_t release_bin;               /* [owner] where giving up empty pages goes on */
    uint8_t punch_bin;                 /* [owner] where the look for pages to punch goes on: */
    struct page *punch_at;        /* [owner] in this class, at this page of its queue; NULL: next */
    uint64_t punch_round;         /* [owner] ms: when the round over all classes began */
    size_t punch_slices;          /* [owner] from where growth counts that begins one */
    size_t page_count;            /* [owner] pages whose record names this heap */
    struct thread *thread;        /* [constant] */
    struct heap *next, *previous; /* [owner] made heaps of the thread */
    uint32_t sweep;               /* [owner] number of the sweep over full_made */
    bool is_sweeping;             /* [owner] it has not come to its end */
    bool is_made;                 /* [constant while in use] */
    uint32_t visits;              /* [owner] walks over it that are going on: its lists stay */
    unsigned arena;               /* [constant while in use] the only one, + 1; 0: any */
    struct quarantine *quarantine;    /* [owner] blocks whose reuse is delayed, or NULL (SLOTS) */
    _Atomic(struct heap *) a_forward; /* [any, atomic] by the owner: what this one was merged into,
                                         or NULL; last: see mip_heap_record_take */
};

/* Some blocks of one page, freed by a thread that does not own it, as they lie in one of them: the
   others by their places, and where more of them lie.  The others are not touched: what is written
   there is for the owner to fetch from another processor's cache, one after the other if it were a
   list, all at once if it writes a list there itself.  Places are distances from the page's start
   in units of 1 << mip_place_shift. */
struct __attribute__((may_alias)) message {
    struct message *next; /* posted: on the owner's stack or in its backlog */
    uint16_t chain;       /* place of the block that holds more, or PLACE_NONE */
    uint16_t count;       /* of places in this block */
    uint16_t place[];
};
enum { PLACE_NONE = UINT16_MAX };
_Static_assert(sizeof(struct message) <= GRANULE, "a message fits in the smallest block");

/* Blocks of one page on their way to a message.  The last one that was made to hold others is the
   message. */
struct batch {
    struct page *page;
    struct message *head;
    uint16_t room; /* for places in `head` */
    uint16_t left; /* blocks that the batch may hold beside those and this room */
    uint8_t shift; /* of places in this page */
};

enum record_state { RECORD_ACTIVE, RECORD_PARKED, RECORD_BUSY, RECORD_DEAD };

struct MIP_ALIGNED(128) thread {
    struct heap heap;             /* the backing heap; first, so that both have one address */
    struct heap *made;            /* [owner] heaps made by the program */
    struct heap *made_cursor;     /* [owner] where the sweep for returned blocks goes on, or NULL */
    struct message *backlog;      /* [owner] messages taken but not yet spliced */
    size_t backlog_count;         /* [owner] blocks to splice at the next tick */
    uint64_t drained_at;          /* [owner] ms: when a full portion was last spliced */
    uint32_t ticks;               /* [owner] */
    uint32_t frees_since_flush;   /* [owner] frees into batches since one was last posted */
    unsigned long long heartbeat; /* [owner] */
    uint32_t visits;              /* [owner] walks over any of its heaps that are going on */
    bool in_deferred;             /* [owner] the program's deferred-free function is running */
    bool is_changing;             /* [owner] CHECK_LEVEL: a free is between slot word and list */
    bool needs_flush;             /* [lock] it was cut off: batches wait for the next drain */
    uint8_t batches_used;         /* [owner] batches that hold blocks */
    uint8_t next_way;             /* [owner] which way of a set is evicted next */
    uint8_t check_bin;            /* [owner] where the periodic unloading goes on */
    struct batch batch[BATCH_SETS][BATCH_WAYS]; /* [owner] */
    struct heap *recount_heap;  /* [lock] where making the counts again goes on: in this heap, */
    unsigned recount_list;      /* [lock] in this list of its pages, */
    struct page *recount_page;  /* [lock] at this page; NULL: next list */
    struct thread *next_record; /* [constant once published] all records */
    /* what other threads write */
    MIP_ALIGNED(128) _Atomic(struct message *) a_messages; /* [any, atomic] */
    _Atomic(uint32_t) a_state;                             /* [any, atomic] enum record_state */
    _Atomic(uint32_t) a_busy;     /* [owner, atomic] inside a slow path: see fork.c */
    mip_flag a_made_hint;         /* [any, atomic] a page of a made heap got blocks back */
    _Atomic(bool) a_has_pages;    /* [lock, atomic] hint: a parked record has pages to give */
    _Atomic(bool) a_is_uncounted; /* [lock, atomic] its thread was cut off: counts may be off */
};
_Static_assert(offsetof(struct thread, heap) == 0, "token and backing heap are one address");

/* The bin's pages have come to be longer by so much, or (slices < 0) shorter. */
MIP_INLINE void mip_heap_count_slices(struct heap *heap, unsigned bin, ptrdiff_t slices) {
    heap->bin_slices[bin] += (uint32_t)slices;
    heap->shared_slices += (size_t)slices;
}

/* Is the page short, as a heap's first of a class is, and was at most half of it ever used?  A heap
   keeps such a page without counting it, for little of it should be resident: not where a single OS
   page may be the whole, nor in made heaps, of which no tick looks at what is kept for long. */
MIP_INLINE bool mip_page_is_hardly_used(const struct page *page) {
    enum { SLICES_MOST = 2 };
    return page->carved <= page->capacity / 2 && page->slices <= SLICES_MOST &&
           mip_os_info.page_size <= SLICE_SIZE / 4 && !(mip_page_flags(page) & PAGE_MADE);
}

/* For how much an empty page counts. */
MIP_INLINE size_t mip_empty_slices(const struct page *page) {
    return mip_page_is_hardly_used(page) ? 0 : page->slices;
}

/* So many more slices in empty pages that count, or (slices < 0) fewer. */
MIP_INLINE void mip_heap_add_empty(struct heap *heap, ptrdiff_t slices) {
    heap->empty_slices += (size_t)slices;
    mip_arena_note_empty(slices);
}

/* A queued page has become empty, or is not any more. */
MIP_INLINE void mip_heap_count_empty(struct heap *heap, const struct page *page, bool is_empty) {
    ptrdiff_t slices = (ptrdiff_t)mip_empty_slices(page);
    if (slices != 0)
        mip_heap_add_empty(heap, is_empty ? slices : -slices);
}

/* --- heap.c: pages of a heap; the calling thread owns it or holds its record's lock --- */

/* The heap that a page belongs to now.  Any thread may ask, for a page that holds a live block. */
MIP_INLINE struct heap *mip_heap_of_page(struct page *page) {
    struct heap *heap = mip_load_relaxed(&page->a_heap), *forward;
    while (MIP_UNLIKELY((forward = mip_load_relaxed(&heap->a_forward)) != NULL))
        heap = forward;
    return heap;
}

/* The bin's list ran empty: load another from the heap's own pages.  False: they have nothing. */
bool mip_heap_refill(struct heap *heap, unsigned bin);

/* Then: make `page`, or (NULL) a new one, the bin's current page and load it.  False: no memory. */
bool mip_heap_add_page(struct heap *heap, unsigned bin, struct page *page);

/* Load the bin's list, which is empty, from its current page; false: the page has nothing. */
bool mip_heap_load(struct heap *heap, unsigned bin, struct page *page);

/* The current page has nothing: load from another page that the heap has.  False: it has none
   (and the queue is empty). */
bool mip_heap_advance(struct heap *heap, unsigned bin);

/* until_event came down to 0: the page was full, or is empty now. */
void mip_page_event(struct page *page);

/* Blocks of a page come back (owner's side): chain first..last of `count`. */
void mip_heap_put(struct page *page, struct block *first, struct block *last, uint32_t count);

/* A block of a size that shares no page.  NULL: no memory. */
void *mip_heap_malloc_single(struct heap *heap, size_t size, size_t alignment, bool *is_zero);

/* SLOTS: likewise, zero and with guards; block_size is a multiple of the OS page.  NULL: no memory,
   or no guards. */
void *mip_heap_malloc_guarded(struct heap *heap, size_t block_size, size_t alignment);

/* Take the page off its list and give it back. */
void mip_heap_release_page(struct heap *heap, struct page *page);

/* Give back empty pages that count, about `slices` long together. */
void mip_heap_release_empty(struct heap *heap, size_t slices);

/* All bins unloaded, and empty pages let go as mip_heap_trim does. */
void mip_heap_settle(struct heap *heap, bool force);

/* Take the page off the queue of its bin. */
void mip_heap_unqueue(struct heap *heap, struct page *page);

/* Punch (holes.h) a page that has stayed less than a quarter used, if one is among the next few.
   now: ms. */
void mip_heap_punch(struct heap *heap, uint64_t now);

/* Punch every page that is worth it. */
void mip_heap_punch_all(struct heap *heap);

/* Let go of the bin's pages that have been empty for a while (force: of all that are empty). */
void mip_heap_trim(struct heap *heap, unsigned bin, bool force);

/* Take back what other threads pushed on full pages of made heaps: the next `limit` pages of a
   sweep over all of them (SIZE_MAX: a whole new sweep, and pages in queues too).  True: the sweep
   has not come to its end. */
bool mip_heap_collect_made(struct heap *heap, size_t limit);

/* Take back what others pushed on one page. */
void mip_heap_collect_page(struct page *page);

/* --- quarantine.c (SLOTS); see quarantine.h --- */
void mip_quarantine_flush(struct heap *heap, unsigned bin); /* back to their pages */
void mip_quarantine_drop(struct heap *heap);                /* it is empty */
void mip_quarantine_fork_child(void);

/* CHECK_LEVEL: the heap's lists, every page on them and its quarantine; all heaps of the thread and
   its batches. */
void mip_heap_check(struct heap *heap);
void mip_heap_check_thread(struct thread *thread);
void mip_heap_check_parked(struct thread *thread); /* likewise of one that the caller locked */

/* Records of made heaps: type-stable; take gives zeroes, or NULL. */
struct heap *mip_heap_record_take(void);
void mip_heap_record_give(struct heap *heap);
void mip_heap_fork_child(void);

/* The heap has come to its end, or is another thread's: the caller's fault, which is said;
   CHECK_LEVEL: and ends the process. */
void mip_heap_refuse(const char *function, const struct heap *heap);

/* Nothing is allocated from the page any more; without a used block it is released. */
void mip_heap_close_page(struct heap *heap, struct page *page);

/* A page does not name this heap any more; a merged heap goes with its last page. */
void mip_heap_forget_page(struct heap *named);

/* --- merge.c: made heaps come to their end --- */

/* Take the heap off its thread's list; it is no default heap any more. */
void mip_made_unlink(struct heap *heap);

/* The heap's pages go to the thread's backing heap. */
void mip_made_merge(struct heap *heap);
void mip_made_merge_all(struct thread *thread);

/* --- message.c: blocks of other threads' pages --- */

/* The first of the batches that the page's blocks may be in. */
MIP_INLINE struct batch *mip_batch_set(struct thread *thread, const struct page *page) {
    return thread->batch[((uintptr_t)page / sizeof(struct page)) % BATCH_SETS];
}

/* The block becomes the one that holds others. */
void mip_batch_make_head(struct thread *thread, struct batch *batch, struct block *block);

/* Add a block to its page's batch, if that is there and has room for it.  The stores are in an
   order in which each prefix leaves a batch that can be sent: see fork.c. */
MIP_INLINE bool mip_batch_add(struct thread *thread, struct page *page, struct block *block) {
    struct batch *batch = mip_batch_set(thread, page);
    if (batch->page != page && (++batch)->page != page)
        return false;
    /* By value: nor does a signal handler that frees in between leave more than a block behind. */
    unsigned room = batch->room;
    if (room == 0) {
        if (batch->left == 0)
            return false;
        mip_batch_make_head(thread, batch, block);
        return true;
    }
    struct message *head = batch->head;
    unsigned count = head->count;
    head->place[count] = (uint16_t)((size_t)((char *)block - page->start) >> batch->shift);
    mip_store_fence();
    head->count = (uint16_t)(count + 1);
    batch->room = (uint16_t)(room - 1);
    return true;
}

/* Free a block of a page that is not the calling thread's; thread NULL: it has no record. */
void mip_free_remote(struct thread *thread, struct page *page, struct block *block);
void mip_flush_batches(struct thread *thread);

/* Splice messages into their pages: a bounded portion, or all. */
void mip_drain(struct thread *thread, bool all);

MIP_INLINE bool mip_has_messages(struct thread *thread) {
    return thread->backlog != NULL || mip_load_relaxed(&thread->a_messages) != NULL;
}

/* --- root.c --- */
struct thread *mip_thread_self(void); /* the calling thread's record, or NULL */

/* --- record.c --- */

/* A parked record, or a new one, that the caller may act on until it gives it back. */
struct thread *mip_thread_borrow(void);
void mip_thread_return(struct thread *thread);

/* Act on a parked record now: false when it is not parked, or somebody else does.  Or when it was
   cut off and its counts are not yet made again, of which each call does a portion (counted: all).
   unlock: when nothing was allocated from it. */
bool mip_thread_try_lock(struct thread *thread);
bool mip_thread_try_lock_counted(struct thread *thread);
void mip_thread_note_pages(struct thread *thread); /* whether it has any to give */
void mip_thread_unlock(struct thread *thread);

/* In the child after fork: the records of threads that are no more are parked or buried.  may_hold:
   the thread itself may have been interrupted while it held a record. */
void mip_thread_fork_child(const struct thread *self, bool may_hold);

/* A signal's handler ended the thread inside a slow path: its record is never used again. */
void mip_thread_bury(struct thread *thread);

/* First record of all, in no particular order; follow next_record. */
struct thread *mip_thread_first(void);

bool mip_thread_has_parked(void); /* roughly */

/* --- thread.c --- */

/* The calling thread's record, made if there is none; NULL: none to be had. */
struct thread *mip_thread_get(void);

/* Take a page with free blocks of this bin from some parked record, for `heap`. */
struct page *mip_thread_steal_page(struct heap *heap, unsigned bin);

/* --- tick.c --- */

/* The periodic work of a tick: heartbeat, deferred frees, messages, purging; each bounded. */
void mip_tick(struct thread *thread);

extern MIP_HIDDEN _Atomic(bool)
    mip_has_deferred; /* the program registered a deferred-free function */

/* Is there nothing to do at this tick but to count it? */
MIP_INLINE bool mip_tick_is_light(struct thread *thread) {
    return (thread->ticks + 1) % TICKS_PER_CHECK != 0 && thread->backlog == NULL &&
           mip_load_relaxed(&thread->a_messages) == NULL && !mip_load_relaxed(&mip_has_deferred);
}

void mip_thread_collect(struct thread *thread, bool force);
void mip_thread_drain(struct thread *thread); /* only what other threads freed comes home */
void mip_collect_parked(bool force);          /* what ended threads left */

/* --- fork.c --- */
void mip_fork_init(void);

/* --- busy: the owner is inside a slow path, which a fork may cut off: see fork.c --- */
MIP_INLINE void mip_busy_enter(struct thread *thread) {
    mip_store_relaxed(&thread->a_busy, mip_load_relaxed(&thread->a_busy) + 1);
    mip_store_fence(); /* no store of the slow path comes before */
}

MIP_INLINE void mip_busy_leave(struct thread *thread) {
    mip_store_fence(); /* nor after */
    mip_store_relaxed(&thread->a_busy, mip_load_relaxed(&thread->a_busy) - 1);
}

#endif
