/* SPDX-License-Identifier: MIT */
/* Floors 3-4, core: what the rooms above may use of the allocator.  api and override include this
   header and nothing else of core.  Every function keeps errno on success and sets ENOMEM (or
   EINVAL where said) when it returns NULL.  Any thread may free, reallocate or ask about any
   block; a made heap allocates only in the thread that made it. */
#ifndef MIP_CORE_H
#define MIP_CORE_H

#include "../compiler.h"

struct heap;
struct page;

enum { MIP_SMALL_SIZE_MAX = 128 * sizeof(void *) };
#define MIP_ALIGNMENT_MAX ((size_t)1 << 30)
#define MIP_SIZE_MAX ((size_t)PTRDIFF_MAX)

/* Allocation in the calling thread's default heap; inline fast paths are in core/fast.h. */
void *mip_malloc(size_t size);
void *mip_zalloc(size_t size);
void mip_free(void *p);

/* `heap` NULL means the calling thread's default heap. */
void *mip_heap_malloc(struct heap *heap, size_t size, bool zero);

/* (result + offset) % alignment == 0.  NULL and EINVAL when alignment is no power of two or above
   MIP_ALIGNMENT_MAX. */
void *mip_heap_malloc_aligned(struct heap *heap, size_t size, size_t alignment, size_t offset,
                              bool zero);

/* p NULL: allocate.  Size 0 gives a minimal block.  On failure p is untouched.  `zero`: what lies
   beyond the old requested size reads as zero when p came from a zeroing function. */
void *mip_heap_realloc(struct heap *heap, void *p, size_t size, bool zero);
void *mip_heap_realloc_aligned(struct heap *heap, void *p, size_t size, size_t alignment,
                               size_t offset, bool zero);

/* What is no memory of ours goes to `elsewhere`, which tells what it refuses (variants with SLOTS
   end the process); all else as in mip_heap_realloc, from the default heap. */
typedef void *mip_elsewhere_fun(void *p, size_t size);
void *mip_realloc_or(void *p, size_t size, mip_elsewhere_fun *elsewhere);
void *mip_realloc_refuse(void *p); /* says so, EINVAL */

/* Resize in place: p, or NULL. */
void *mip_expand(void *p, size_t size);

/* 0 for NULL and for what is not ours. */
size_t mip_usable_size(const void *p);
size_t mip_usable_size_in(const char *function, const void *p); /* who asks, for the message */
size_t mip_good_size(size_t size);

/* Variants with SLOTS: the process ends when the block was not asked for with this size, or
   alignment. */
void mip_strict_check_size(const void *p, size_t size);
void mip_strict_check_alignment(const void *p, size_t alignment);
/* Likewise, or where it was asked for with an alignment at all. */
void mip_strict_check_plain(const void *p, size_t size);
/* Likewise where it was asked for with less, or p is at no multiple of the alignment (0: any). */
void mip_strict_check_promise(const void *p, size_t size, size_t alignment);

/* Variants with ORIGINS: where a block came from, and the end of the process when it goes another
   way; `function` frees it. */
enum mip_origin { MIP_BY_MALLOC, MIP_BY_NEW, MIP_BY_NEW_ARRAY };
void mip_strict_set_origin(void *p, enum mip_origin origin);
void mip_strict_check_origin(const char *function, const void *p, enum mip_origin origin);

/* Is the address inside memory this allocator manages? */
bool mip_is_ours(const void *p);

/* Heaps.  new: from one arena only, or (0) any; NULL and ENOMEM, or EINVAL: there is no such arena.
   The others are no-ops on NULL and on the backing heap. */
struct heap *mip_heap_new(unsigned arena);
void mip_heap_delete(struct heap *heap);
void mip_heap_destroy(struct heap *heap);
struct heap *mip_heap_default(void); /* makes the thread's record when it has none */
struct heap *mip_heap_backing(void);
struct heap *mip_heap_set_default(struct heap *heap); /* the previous one */
void mip_heap_collect(struct heap *heap, bool force); /* NULL: the default heap */

/* The heap that the block p belongs to now; NULL: not a block.  To be compared only, unless the
   calling thread made it. */
struct heap *mip_heap_of(const void *p);
/* p is a block of some heap: is it one of `heap`? */
bool mip_heap_contains_block(struct heap *heap, const void *p);
/* Any bit pattern: does it point into a live block of `heap`?  Linear in the heap's
   pages at worst. */
bool mip_heap_check_owned(struct heap *heap, const void *p);

struct mip_area {
    void *blocks;
    size_t reserved, committed, used, block_size; /* bytes; used: bytes in live blocks */
};
/* block NULL first for each area, then each live block when `all_blocks`.  False stops. */
typedef bool mip_visit_fun(const struct heap *heap, const struct mip_area *area, void *block,
                           size_t block_size, void *arg);
bool mip_heap_visit(const struct heap *heap, bool all_blocks, mip_visit_fun *visit, void *arg);

/* TRACES: from the library's constructor, and at exit: sampled blocks that were not freed. */
void mip_trace_start(void);
void mip_trace_report(void);

/* CHECK_LEVEL: at exit: what the calling thread owns, what ended threads left, and the arenas. */
void mip_process_check(void);

/* The calling thread's state. */
void mip_thread_init(void);
void mip_thread_done(void);

/* Give memory back: all heaps of the calling thread, parked records, arenas. */
void mip_collect(bool force);

/* The deferred-free hook; one per process, NULL to remove. */
typedef void mip_deferred_free_fun(bool force, unsigned long long heartbeat, void *arg);
void mip_register_deferred_free(mip_deferred_free_fun *fun, void *arg);

/* Arenas that the program provides or asks for; they are used before the library's own, and
   (exclusive) only by heaps made in them.  An arena is known by a number from 1 on.  Results: 0, or
   an errno value.
   provide: the memory is the program's, for good; EINVAL when it holds no whole slice or overlaps
   an arena.  reserve_huge: on pages of 1 GiB from the system's pool, as many as there are until the
   time is over (0: never); *reserved is their number; ENOMEM when there are none.  node: -1 for
   any. */
int mip_arena_provide(void *start, size_t size, bool is_committed, bool is_zero, bool is_exclusive,
                      unsigned *arena);
int mip_arena_reserve(size_t size, bool commit, bool allow_huge, bool is_exclusive,
                      unsigned *arena);
int mip_arena_reserve_huge(size_t pages, int node, uint64_t timeout_ms, bool is_exclusive,
                           unsigned *arena, size_t *reserved);

struct mip_arena_state {
    char *start;
    size_t size, committed, used, warm; /* bytes */
    bool is_external, is_requested, is_exclusive;
};
/* False: there is no such arena.  Counts only with `count`: they take a while. */
bool mip_arena_describe(unsigned arena, bool count, struct mip_arena_state *state);

/* Once, from the library's constructor (idempotent), and at exit. */
void mip_process_init(void);

#endif
