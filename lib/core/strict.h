/* SPDX-License-Identifier: MIT */
/* Floor 4, core: what variants with SLOTS find out about blocks.  Faults are told in one line,
     mimalloc: fatal: FUNCTION: pointer P, size class N: FAULT
   and end the process. */
#ifndef MIP_STRICT_H
#define MIP_STRICT_H

#include "../variant.h"
#include "page.h"

enum { LEVEL_LIGHT = 1, LEVEL_FULL = 2 };

/* Constant once anything is allocated: the option secure_level.  LIGHT: no quarantine, freed memory
   is not cleared, large blocks have no guards. */
extern MIP_HIDDEN bool mip_strict_is_full;

/* Reads the option, once. */
void mip_strict_start(void);

enum {
    BIN_ZERO = BIN_COUNT - 1, /* blocks of size 0, which nobody may touch */
    SHARED_MAX = 60 * 1024,   /* class BIN_COUNT - 2: the largest block that shares a page */
    ZERO_STEP = 256, /* from one block of size 0 to the next, and what each is aligned to */
    STRICT_PURGE_MIN = 1 << 18 /* bytes to clear from which on they go back to the kernel instead */
};

/* A live block of ours. */
struct mip_found {
    struct page *page;
    struct block *block;
    char *p; /* what was given out: the block, or (INTERIOR) inside it */
    _Atomic(uint32_t) *slot;
    uint32_t index; /* of the block, and so of the slot, in the page */
    uint32_t word;  /* of the slot */
    size_t size;    /* bytes asked for */
};

/* The block that was given out as `p`, which is not NULL; whatever else p is ends the process. */
struct mip_found mip_strict_find(const char *function, const void *p);

/* Has anybody written past the end of the block?  Then the process ends. */
void mip_strict_check_ends(const char *function, const struct mip_found *found);

/* In place; the new size fits. */
void mip_strict_resize(const struct mip_found *found, size_t size, bool zero);

_Noreturn void mip_strict_fault(const char *function, const void *p, size_t block_size,
                                const char *fault);

/* Words that an attacker does not know. */
uintptr_t mip_strict_mask(const void *p);

/* The start of a freed block becomes a message, `next` is checked to be one that `message` can
   name, and is one no more. */
void mip_strict_begin_message(const struct page *page, const struct block *block);
void mip_strict_check_message(const void *next, const void *message);
void mip_strict_end_message(const struct page *page, struct block *block);

/* --- strict_free.c, strict_alloc.c, strict_realloc.c --- */
void mip_strict_free(void *p);
void mip_strict_free_for(const char *function, void *p); /* what `function` does */
size_t mip_strict_usable_size(const char *function, const void *p);
void *mip_strict_malloc(struct heap *heap, size_t size, bool zero);
void *mip_strict_malloc_default(size_t size); /* the same from the default heap, in short */
void *mip_strict_malloc_aligned(struct heap *heap, size_t size, size_t alignment, size_t offset,
                                bool zero);
/* alignment 0: none asked for; else it is a good one.  try: a failure is not told.  realloc: p is
   not NULL. */
void *mip_strict_try(struct heap *heap, size_t size, size_t alignment, size_t offset, bool zero);
void *mip_strict_realloc(struct heap *heap, void *p, size_t size, size_t alignment, size_t offset,
                         bool zero);
void *mip_strict_expand(void *p, size_t size);

#endif
