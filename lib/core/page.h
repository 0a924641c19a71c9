/* SPDX-License-Identifier: MIT */
/* Floor 3, core: the record of a page, and the lists inside it.  A record lives apart from the
   blocks, in type-stable memory.  All fields belong to the owner (the thread whose record the
   owner word names, or who holds that record's lock) but for the atomic ones. */
#ifndef MIP_PAGE_H
#define MIP_PAGE_H

#include "../atomic.h"
#include "../bits.h"
#include "../variant.h"
#include "size.h"
#include "slot.h"

struct heap;
struct holes;
struct thread;

/* A free block.  may_alias: the program saw this memory with types of its own. */
struct __attribute__((may_alias)) block {
    struct block *next;
};

enum page_state {
    PAGE_UNUSED, /* the record describes no memory */
    PAGE_QUEUED, /* in its bin's queue: has free blocks, or is the bin's current page */
    PAGE_FULL,   /* every block is used; in the heap's full list */
    PAGE_CLOSED  /* in the full list, whatever comes back: nothing is allocated from it any more */
};

enum {
    /* The owner word is the only gate of the fast free: a page that needs extra work carries this
       bit in it and never matches. */
    OWNER_SPECIAL = 1,
    PAGE_SINGLE = 1,     /* one block, by itself; never linked into lists */
    PAGE_INTERIOR = 2,   /* may have handed out pointers into the middle of blocks */
    PAGE_MADE = 4,       /* born in a made heap: other threads push on a_remote */
    PAGE_MAPPED = 8,     /* a mapping of its own, not slices of an arena */
    PAGE_GUARDED = 16,   /* the mapping has guards around the block (SLOTS) */
    PAGE_CLOSED_OFF = 32 /* nobody may touch its blocks, which have no size (SLOTS) */
};

/* Invariants (page_check):
   1. carved <= capacity; state QUEUED: until_event == used, where used counts the blocks given
      out and those loaded into the heap's list; used + |local| == carved.
   2. state FULL: carved == capacity == used + frees since, until_event == 1, local empty.
   3. state CLOSED: until_event == used; carved blocks that are not used are in local.
   4. SINGLE: capacity == 1, the owner word has OWNER_SPECIAL; INTERIOR and CLOSED_OFF likewise.
   5. The page map names the page at its start; slices of an arena are taken, and not warm.
   6. With holes: the blocks of the map are those that are not carved, whatever `first` says. */
struct MIP_ALIGNED(128) page {
    _Atomic(uintptr_t) a_owner;    /* [any, atomic] thread record, or'ed with OWNER_SPECIAL */
    struct block *local;           /* [owner] freed by the owner since the last refill */
    uint32_t until_event;          /* [owner] frees until somebody must look */
    uint8_t state;                 /* [owner] enum page_state */
    uint8_t bin;                   /* [constant while in use] */
    _Atomic(uint8_t) a_flags;      /* [any, atomic] written by the owner */
    bool is_zero;                  /* [owner] what is not carved yet reads as zero */
    char *start;                   /* [constant while in use] */
    _Atomic(struct heap *) a_heap; /* [any, atomic] by the owner; may forward: mip_heap_of_page */
    struct page *next, *previous;  /* [owner] queue or full list */
    uint32_t carved, capacity;     /* [owner] blocks */
    /* second line: slow paths, and what other threads write */
    size_t block_size;                /* [owner] bytes; changes only for SINGLE pages */
    _Atomic(struct block *) a_remote; /* [any, atomic] freed by others (MADE) */
    size_t slices;                    /* [owner] length; bytes of the mapping when MAPPED */
    uintptr_t key; /* [constant while in use] of what guards block ends (SLOTS) */
    union {
        _Atomic(uint32_t) *slots; /* [constant while in use] a word per block (SLOTS) */
        struct holes *holes;      /* [owner] which blocks are not carved, or NULL (not SLOTS) */
    };
    uint64_t reciprocal;  /* [owner] SLOTS: of block_size; SINGLE: bytes asked for */
    uint32_t first;       /* [constant while in use] block that is carved first;
                             GUARDED: log2 of the alignment */
    uint32_t stamp;       /* [owner] empty: the tick at which it became so; else what
                             the last look saw: the sweep's number, or what was used */
    uint32_t extra_slice; /* [owner] slice entered for an interior pointer, + 1 */
    uint16_t arena;       /* [constant while in use] */
    bool is_short;        /* [constant while in use] a heap's first page of its bin */
    bool is_filled;       /* [owner] the arena knows that all of it was carved */
};
_Static_assert(sizeof(struct page) == 128, "two cache lines per record");
_Static_assert(offsetof(struct page, block_size) >= 40, "the owner's line comes first");

struct page_list {
    struct page *first, *last;
};

MIP_INLINE void mip_page_list_push_front(struct page_list *list, struct page *page) {
    page->previous = NULL;
    page->next = list->first;
    if (list->first != NULL)
        list->first->previous = page;
    else
        list->last = page;
    list->first = page;
}

MIP_INLINE void mip_page_list_push_back(struct page_list *list, struct page *page) {
    page->next = NULL;
    page->previous = list->last;
    if (list->last != NULL)
        list->last->next = page;
    else
        list->first = page;
    list->last = page;
}

MIP_INLINE void mip_page_list_remove(struct page_list *list, struct page *page) {
    if (page->previous != NULL)
        page->previous->next = page->next;
    else
        list->first = page->next;
    if (page->next != NULL)
        page->next->previous = page->previous;
    else
        list->last = page->previous;
    page->next = page->previous = NULL;
}

/* Everything of `other` goes to the end of `list`. */
void mip_page_list_append(struct page_list *list, struct page_list *other);

/* Pages that have used blocks are queued: at the end, but before those that are empty, for who lets
   these go looks for them there. */
void mip_page_queue_all(struct page_list *queue, struct page_list *pages);
void mip_page_queue(struct page_list *queue, struct page *page); /* on no list */

/* offset / block_size = offset * reciprocal / 2^44, rounded down: with reciprocal = ceil(2^44 /
   size) the product is too large by less than offset * size, and that is less than 2^44. */
enum { RECIPROCAL_SHIFT = 44, PAGE_OFFSET_BITS = 23 };
_Static_assert(PAGE_OFFSET_BITS + 20 < RECIPROCAL_SHIFT, "the quotient is exact");

/* SLOTS: the number of the block that p points into; p lies in the page, which is not SINGLE. */
MIP_INLINE uint32_t mip_page_index(const struct page *page, const void *p) {
    uint64_t offset = (uint64_t)((const char *)p - page->start);
    return (uint32_t)(offset * page->reciprocal >> RECIPROCAL_SHIFT);
}

MIP_INLINE uint32_t mip_page_slot_index(const struct page *page, const void *p) {
    return page->bin == BIN_NONE ? 0 : mip_page_index(page, p);
}

MIP_INLINE struct block *mip_slot_link(const struct page *page, uint32_t word) {
    uint32_t next = mip_slot_value(word);
    return next == 0 ? NULL : (struct block *)(page->start + (size_t)(next - 1) * page->block_size);
}

/* Links, as the variant stores them: in the blocks, or in their slot words. */
MIP_INLINE struct block *mip_link_get(const struct page *page, const struct block *block) {
    if (SLOTS)
        return mip_slot_link(page,
                             mip_load_relaxed(&page->slots[mip_page_slot_index(page, block)]));
    return block->next;
}

MIP_INLINE void mip_link_set(const struct page *page, struct block *block, struct block *next) {
    if (SLOTS) {
        _Atomic(uint32_t) *slot = &page->slots[mip_page_slot_index(page, block)];
        uint32_t word = mip_load_relaxed(slot), link = 0;
        word = mip_slot_state(word) == SLOT_FREE ? word & (SLOT_FRESH | SLOT_DIRTY) : 0;
        if (next != NULL)
            link = mip_page_slot_index(page, next) + 1;
        /* release: pairs with the acquire in strict.c: the block is wiped before */
        mip_store_release(slot, word | mip_slot_word(SLOT_FREE, link));
    } else {
        block->next = next;
    }
}

MIP_INLINE unsigned mip_page_flags(const struct page *page) {
    return mip_load_relaxed(&page->a_flags);
}

MIP_INLINE struct thread *mip_page_owner(struct page *page) {
    return (struct thread *)(mip_load_relaxed(&page->a_owner) & ~(uintptr_t)OWNER_SPECIAL);
}

/* Blocks given out or loaded. */
MIP_INLINE uint32_t mip_page_used(const struct page *page) {
    return page->state == PAGE_FULL ? page->capacity : page->until_event;
}

/* SLOTS: bytes of the page before its first block, 0 or PAGE_PAD_MIN at least. */
enum { PAGE_PAD_MIN = 32 };
MIP_INLINE size_t mip_page_pad(const struct page *page) {
    return SLOTS && page->bin != BIN_NONE ? (uintptr_t)page->start & (SLICE_SIZE - 1) : 0;
}

/* The end of the blocks. */
MIP_INLINE char *mip_page_end(const struct page *page) {
    return page->start + (size_t)page->capacity * page->block_size;
}

/* How far p, which lies in [start, end), lies from the start of its block.  Pages of several blocks
   are short enough for a division of 32 bits, which takes half as long. */
MIP_INLINE size_t mip_page_offset(const struct page *page, const void *p) {
    size_t offset = (size_t)((const char *)p - page->start);
    return page->capacity == 1 ? offset : (uint32_t)offset % (uint32_t)page->block_size;
}

/* The block that p points into; p lies in [start, end). */
MIP_INLINE struct block *mip_page_block_of(const struct page *page, const void *p) {
    return (struct block *)((uintptr_t)p - mip_page_offset(page, p));
}

/* A page of `slices` for blocks of `bin`, or (bin BIN_NONE) one block of block_size bytes at start.
   Enters it in the page map.  NULL: no memory for the map. */
struct page *mip_page_new(struct thread *thread, struct heap *heap, unsigned bin, size_t block_size,
                          char *start, size_t slices, unsigned arena, bool is_zero, unsigned flags);

/* May parts of its memory go back to the system?  Not where the program gave the memory. */
bool mip_page_may_purge(struct page *page);

/* Give the memory and the record back; the page is in no list. */
void mip_page_release(struct page *page);

/* Enter or remove the slice of an interior pointer of a SINGLE page. */
bool mip_page_enter_interior(struct page *page, const void *p);

/* Mark that pointers into the middle of blocks are handed out. */
void mip_page_set_interior(struct page *page);

/* All free blocks of the local list, taken; their number in *count.  The page's used count grows
   by it. */
struct block *mip_page_take_local(struct page *page, uint32_t *count);

/* Carve up to `limit` bytes (at least one block) of untouched memory into a list; NULL when
   everything is carved. */
struct block *mip_page_carve(struct page *page, uint32_t *count);

/* Put a chain of `count` blocks (first..last) on the local list of a page that is not FULL. */
void mip_page_put(struct page *page, struct block *first, struct block *last, uint32_t count);

/* Move what other threads pushed (MADE pages) to the local list; the number of blocks. */
uint32_t mip_page_collect_remote(struct page *page);

/* Does p point to the start of a block that was carved?  (Not whether it is live.) */
bool mip_page_is_block(const struct page *page, const void *p);

/* Is the block in this list?  Bounded by capacity. */
bool mip_page_list_has(const struct page *page, const struct block *list, const void *block);

/* Count a list, aborting when it leaves the page or is longer than the capacity. */
uint32_t mip_page_list_length(const struct page *page, const struct block *list);

/* CHECK_LEVEL: the invariants above. */
void mip_page_check(const struct page *page);

/* Records given back by mip_page_release are reused; after fork the pool's lock is free again. */
void mip_page_fork_child(void);

#endif
