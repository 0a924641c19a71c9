/* SPDX-License-Identifier: MIT */
/* The public interface of libmimalloc.  What holds for every function, unless it says otherwise:

   - sizes, offsets and alignments are bytes; an alignment is a power of two from 1 to 1 GiB;
   - a block is aligned to 16 bytes at least (alignof(max_align_t));
   - size 0 gives a unique block, which must be freed;
   - a function that returns a block returns NULL with errno set when it fails: ENOMEM when there
     is no memory, when a size is above PTRDIFF_MAX or when count * size overflows; EINVAL when an
     alignment is not allowed; the block given to a failed reallocation stays valid as it was;
   - success leaves errno as it was (unless a new-handler was called), and so do mi_free and the
     functions that ask for a size;
   - every function may be called in any thread, and any thread may free or reallocate any block;
     a heap made by mi_heap_new allocates only in the thread that made it.

   The manual has a page for each function. */
#ifndef MIMALLOC_H
#define MIMALLOC_H

#include <stddef.h>
#include <stdio.h>
#ifndef __cplusplus
#include <stdbool.h>
#endif

/* The generation of the interface, not of the package: 100, or 209 for a program that defines
   MI_API_VERSION as 2 before it includes this header.  Such a program gets the later shapes of
   some names (see the end of this file). */
#if defined(MI_API_VERSION) && MI_API_VERSION >= 2
#define MI_MALLOC_VERSION 209
#else
#define MI_MALLOC_VERSION 100
#endif

/* The release of this library. */
#define MIMALLOC_PACKAGE_VERSION "10.0.0"

#if defined(__cplusplus) && __cplusplus >= 201103L
#define MI_NOEXCEPT noexcept
#elif defined(__cplusplus)
#define MI_NOEXCEPT throw()
#else
#define MI_NOEXCEPT
#endif

/* MI_ATTR_MALLOC names no function that frees: where the library replaces malloc,
   free(mi_malloc(n)) is right, and a compiler that was told of mi_free alone would warn. */
#if defined(__GNUC__)
#define MI_EXPORT __attribute__((visibility("default")))
#define MI_ATTR_MALLOC __attribute__((malloc))
#define MI_ATTR_NEVER_NULL __attribute__((returns_nonnull))
#define MI_ATTR_SIZE(i) __attribute__((alloc_size(i)))
#define MI_ATTR_SIZE2(i, j) __attribute__((alloc_size(i, j)))
#define MI_ATTR_ALIGN(i) __attribute__((alloc_align(i)))
#else
#define MI_EXPORT
#define MI_ATTR_MALLOC
#define MI_ATTR_NEVER_NULL
#define MI_ATTR_SIZE(i)
#define MI_ATTR_SIZE2(i, j)
#define MI_ATTR_ALIGN(i)
#endif

#if (defined(__cplusplus) && __cplusplus >= 201703L) ||                                            \
    (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define MI_NODISCARD [[nodiscard]]
#elif defined(__GNUC__)
#define MI_NODISCARD __attribute__((warn_unused_result))
#else
#define MI_NODISCARD
#endif

/* How functions that return a fresh block are declared, and functions whose result matters. */
#define MI_RESULT MI_NODISCARD MI_EXPORT

/* The same under the names of later headers, for programs that declare functions with them. */
#define mi_decl_export MI_EXPORT
#define mi_decl_nodiscard MI_NODISCARD
#define mi_decl_restrict
#define mi_cdecl
#define mi_attr_noexcept MI_NOEXCEPT
#define mi_attr_malloc MI_ATTR_MALLOC
#define mi_attr_alloc_size MI_ATTR_SIZE
#define mi_attr_alloc_size2 MI_ATTR_SIZE2
#define mi_attr_alloc_align MI_ATTR_ALIGN

/* bool and long long, also for programs that ask for pure C90 or C++98. */
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wlong-long"
#pragma clang diagnostic ignored "-Wc99-extensions"
#pragma clang diagnostic ignored "-Wc++11-long-long"
#elif defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wlong-long"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Basic allocation ------------------------------------------------------------------------ */

/* Free a block; NULL is allowed.  errno is kept. */
MI_EXPORT void mi_free(void *p) MI_NOEXCEPT;

/* Allocate `size` bytes. */
MI_RESULT void *mi_malloc(size_t size) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(1);

/* Allocate `size` bytes of zero. */
MI_RESULT void *mi_zalloc(size_t size) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(1);

/* Allocate `count` elements of `size` bytes, all zero; NULL and ENOMEM also on overflow. */
MI_RESULT void *mi_calloc(size_t count, size_t size) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE2(1, 2);

/* Allocate `count` elements of `size` bytes; NULL and ENOMEM also on overflow. */
MI_RESULT void *mi_mallocn(size_t count, size_t size) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE2(1, 2);

/* Another name of mi_calloc. */
MI_RESULT void *mi_zallocn(size_t count, size_t size) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE2(1, 2);

/* Change the size of a block to `newsize` bytes, moving it when it must; p NULL allocates.  What
   lies beyond the old size is undefined.  NULL and ENOMEM: p is still valid. */
MI_RESULT void *mi_realloc(void *p, size_t newsize) MI_NOEXCEPT MI_ATTR_SIZE(2);

/* Like mi_realloc; when p came from a zeroing function, what lies beyond its old size is zero. */
MI_RESULT void *mi_rezalloc(void *p, size_t newsize) MI_NOEXCEPT MI_ATTR_SIZE(2);

/* mi_rezalloc(p, count * size); NULL and ENOMEM also on overflow. */
MI_RESULT void *mi_recalloc(void *p, size_t count, size_t size) MI_NOEXCEPT MI_ATTR_SIZE2(2, 3);

/* mi_realloc(p, count * size); NULL and ENOMEM also on overflow. */
MI_RESULT void *mi_reallocn(void *p, size_t count, size_t size) MI_NOEXCEPT MI_ATTR_SIZE2(2, 3);

/* Like mi_realloc, but p is freed when it fails. */
MI_RESULT void *mi_reallocf(void *p, size_t newsize) MI_NOEXCEPT MI_ATTR_SIZE(2);

/* Change the size of a block in place: p, or NULL (p unchanged) when that cannot be done.  Succeeds
   up to mi_usable_size(p). */
MI_EXPORT void *mi_expand(void *p, size_t newsize) MI_NOEXCEPT MI_ATTR_SIZE(2);

/* Duplicate a string; NULL for NULL, with errno as it was. */
MI_RESULT char *mi_strdup(const char *s) MI_NOEXCEPT MI_ATTR_MALLOC;

/* Duplicate at most `n` bytes of a string and terminate them; NULL for NULL. */
MI_RESULT char *mi_strndup(const char *s, size_t n) MI_NOEXCEPT MI_ATTR_MALLOC;

/* The absolute path of a file without links, in `resolved_name` (PATH_MAX bytes), or in a block
   when that is NULL.  NULL and errno as of realpath(3), or ENOMEM. */
MI_RESULT char *mi_realpath(const char *fname, char *resolved_name) MI_NOEXCEPT;

/* ---- Extended functions ---------------------------------------------------------------------- */

/* The largest size, bytes, for the _small functions. */
#define MI_SMALL_SIZE_MAX (128 * sizeof(void *))

/* mi_malloc and mi_zalloc for a size that the caller knows to be at most MI_SMALL_SIZE_MAX. */
MI_RESULT void *mi_malloc_small(size_t size) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(1);
MI_RESULT void *mi_zalloc_small(size_t size) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(1);

/* Bytes that may be used in a block, at least what was asked for; 0 for NULL. */
#if MI_MALLOC_VERSION >= 200
MI_RESULT size_t mi_usable_size(const void *p) MI_NOEXCEPT;
#else
MI_RESULT size_t mi_usable_size(void *p) MI_NOEXCEPT;
#endif

/* The usable size, bytes, of a block of `size` bytes: mi_usable_size(mi_malloc(size)). */
MI_RESULT size_t mi_good_size(size_t size) MI_NOEXCEPT;

/* Give unused memory of this thread and of the process back; with `force` all of it, at once. */
MI_EXPORT void mi_collect(bool force) MI_NOEXCEPT;

/* Print the statistics of the process to `out`; NULL: to stderr or where mi_register_output says.
 */
MI_EXPORT void mi_stats_print(FILE *out) MI_NOEXCEPT;

/* Start totals and peaks anew at what is current. */
MI_EXPORT void mi_stats_reset(void) MI_NOEXCEPT;

/* Set up or give up the calling thread's state; both happen by themselves and may be repeated. */
MI_EXPORT void mi_thread_init(void) MI_NOEXCEPT;
MI_EXPORT void mi_thread_done(void) MI_NOEXCEPT;

/* Print what the calling thread's default heap holds, then the statistics of the process. */
MI_EXPORT void mi_thread_stats_print(FILE *out) MI_NOEXCEPT;

/* A function that frees what a program put off: all of it when `force`.  `heartbeat` counts up in
   each thread that allocates, whatever it frees. */
typedef void(mi_deferred_free_fun)(bool force, unsigned long long heartbeat);

/* Have `deferred_free` called now and then in each thread that allocates; it may allocate and
   free, and must not throw.  One per process; NULL removes it. */
MI_EXPORT void mi_register_deferred_free(mi_deferred_free_fun *deferred_free) MI_NOEXCEPT;

/* The generation of the interface: 100. */
MI_EXPORT int mi_version(void) MI_NOEXCEPT;

/* ---- Aligned allocation ---------------------------------------------------------------------- */

/* Like the functions without _aligned; the block is aligned to `alignment` bytes.  NULL and EINVAL
   when that is no power of two or above 1 GiB. */
MI_RESULT void *mi_malloc_aligned(size_t size, size_t alignment) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE(1) MI_ATTR_ALIGN(2);
MI_RESULT void *mi_zalloc_aligned(size_t size, size_t alignment) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE(1) MI_ATTR_ALIGN(2);
MI_RESULT void *mi_calloc_aligned(size_t count, size_t size,
                                  size_t alignment) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE2(1, 2)
    MI_ATTR_ALIGN(3);
MI_RESULT void *mi_realloc_aligned(void *p, size_t newsize, size_t alignment) MI_NOEXCEPT
    MI_ATTR_SIZE(2) MI_ATTR_ALIGN(3);
MI_RESULT void *mi_rezalloc_aligned(void *p, size_t newsize, size_t alignment) MI_NOEXCEPT
    MI_ATTR_SIZE(2) MI_ATTR_ALIGN(3);
MI_RESULT void *mi_recalloc_aligned(void *p, size_t count, size_t size,
                                    size_t alignment) MI_NOEXCEPT MI_ATTR_SIZE2(2, 3)
    MI_ATTR_ALIGN(4);

/* The same with (block + offset) % alignment == 0; any offset. */
MI_RESULT void *mi_malloc_aligned_at(size_t size, size_t alignment,
                                     size_t offset) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(1);
MI_RESULT void *mi_zalloc_aligned_at(size_t size, size_t alignment,
                                     size_t offset) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(1);
MI_RESULT void *mi_calloc_aligned_at(size_t count, size_t size, size_t alignment,
                                     size_t offset) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE2(1, 2);
MI_RESULT void *mi_realloc_aligned_at(void *p, size_t newsize, size_t alignment,
                                      size_t offset) MI_NOEXCEPT MI_ATTR_SIZE(2);
MI_RESULT void *mi_rezalloc_aligned_at(void *p, size_t newsize, size_t alignment,
                                       size_t offset) MI_NOEXCEPT MI_ATTR_SIZE(2);
MI_RESULT void *mi_recalloc_aligned_at(void *p, size_t count, size_t size, size_t alignment,
                                       size_t offset) MI_NOEXCEPT MI_ATTR_SIZE2(2, 3);

/* ---- Heaps ----------------------------------------------------------------------------------- */

/* A heap: blocks that can be freed in one go.  It allocates only in the thread that made it; where
   a function takes a heap to allocate from, NULL means the calling thread's default heap. */
struct mi_heap_s;
typedef struct mi_heap_s mi_heap_t;

/* Make a heap for the calling thread; NULL and ENOMEM. */
MI_RESULT mi_heap_t *mi_heap_new(void) MI_NOEXCEPT;

/* Delete a heap and keep its blocks, which go to the thread's backing heap; destroy a heap and
   free its blocks.  In the heap's thread; no effect on NULL and on the backing heap.  When it was
   the default heap, the backing heap becomes that. */
MI_EXPORT void mi_heap_delete(mi_heap_t *heap) MI_NOEXCEPT;
MI_EXPORT void mi_heap_destroy(mi_heap_t *heap) MI_NOEXCEPT;

/* Make `heap` the calling thread's default heap; returns the previous one. */
MI_EXPORT mi_heap_t *mi_heap_set_default(mi_heap_t *heap) MI_NOEXCEPT;

/* The calling thread's default heap, and the heap every thread has from the start. */
MI_RESULT mi_heap_t *mi_heap_get_default(void) MI_NOEXCEPT;
MI_RESULT mi_heap_t *mi_heap_get_backing(void) MI_NOEXCEPT;

/* Give unused memory of a heap back; with `force` all of it.  In the heap's thread. */
MI_EXPORT void mi_heap_collect(mi_heap_t *heap, bool force) MI_NOEXCEPT;

/* Like the functions without _heap, from `heap`. */
MI_RESULT void *mi_heap_malloc(mi_heap_t *heap, size_t size) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE(2);
MI_RESULT void *mi_heap_zalloc(mi_heap_t *heap, size_t size) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE(2);
MI_RESULT void *mi_heap_calloc(mi_heap_t *heap, size_t count,
                               size_t size) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE2(2, 3);
MI_RESULT void *mi_heap_mallocn(mi_heap_t *heap, size_t count,
                                size_t size) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE2(2, 3);
MI_RESULT void *mi_heap_malloc_small(mi_heap_t *heap, size_t size) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE(2);
MI_RESULT void *mi_heap_zalloc_small(mi_heap_t *heap, size_t size) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE(2);
MI_RESULT char *mi_heap_strdup(mi_heap_t *heap, const char *s) MI_NOEXCEPT MI_ATTR_MALLOC;
MI_RESULT char *mi_heap_strndup(mi_heap_t *heap, const char *s,
                                size_t n) MI_NOEXCEPT MI_ATTR_MALLOC;
MI_RESULT char *mi_heap_realpath(mi_heap_t *heap, const char *fname,
                                 char *resolved_name) MI_NOEXCEPT;

/* Reallocation; p may belong to another heap, a block that moves goes to `heap`. */
MI_RESULT void *mi_heap_realloc(mi_heap_t *heap, void *p, size_t newsize) MI_NOEXCEPT
    MI_ATTR_SIZE(3);
MI_RESULT void *mi_heap_reallocn(mi_heap_t *heap, void *p, size_t count, size_t size) MI_NOEXCEPT
    MI_ATTR_SIZE2(3, 4);
MI_RESULT void *mi_heap_reallocf(mi_heap_t *heap, void *p, size_t newsize) MI_NOEXCEPT
    MI_ATTR_SIZE(3);
MI_RESULT void *mi_heap_rezalloc(mi_heap_t *heap, void *p, size_t newsize) MI_NOEXCEPT
    MI_ATTR_SIZE(3);
MI_RESULT void *mi_heap_recalloc(mi_heap_t *heap, void *p, size_t count, size_t size) MI_NOEXCEPT
    MI_ATTR_SIZE2(3, 4);

/* Aligned, and aligned at an offset. */
MI_RESULT void *mi_heap_malloc_aligned(mi_heap_t *heap, size_t size,
                                       size_t alignment) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(2)
    MI_ATTR_ALIGN(3);
MI_RESULT void *mi_heap_zalloc_aligned(mi_heap_t *heap, size_t size,
                                       size_t alignment) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(2)
    MI_ATTR_ALIGN(3);
MI_RESULT void *mi_heap_calloc_aligned(mi_heap_t *heap, size_t count, size_t size,
                                       size_t alignment) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE2(2, 3) MI_ATTR_ALIGN(4);
MI_RESULT void *mi_heap_realloc_aligned(mi_heap_t *heap, void *p, size_t newsize,
                                        size_t alignment) MI_NOEXCEPT MI_ATTR_SIZE(3)
    MI_ATTR_ALIGN(4);
MI_RESULT void *mi_heap_rezalloc_aligned(mi_heap_t *heap, void *p, size_t newsize,
                                         size_t alignment) MI_NOEXCEPT MI_ATTR_SIZE(3)
    MI_ATTR_ALIGN(4);
MI_RESULT void *mi_heap_recalloc_aligned(mi_heap_t *heap, void *p, size_t count, size_t size,
                                         size_t alignment) MI_NOEXCEPT MI_ATTR_SIZE2(3, 4)
    MI_ATTR_ALIGN(5);
MI_RESULT void *mi_heap_malloc_aligned_at(mi_heap_t *heap, size_t size, size_t alignment,
                                          size_t offset) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(2);
MI_RESULT void *mi_heap_zalloc_aligned_at(mi_heap_t *heap, size_t size, size_t alignment,
                                          size_t offset) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(2);
MI_RESULT void *mi_heap_calloc_aligned_at(mi_heap_t *heap, size_t count, size_t size,
                                          size_t alignment,
                                          size_t offset) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE2(2, 3);
MI_RESULT void *mi_heap_realloc_aligned_at(mi_heap_t *heap, void *p, size_t newsize,
                                           size_t alignment, size_t offset) MI_NOEXCEPT
    MI_ATTR_SIZE(3);
MI_RESULT void *mi_heap_rezalloc_aligned_at(mi_heap_t *heap, void *p, size_t newsize,
                                            size_t alignment, size_t offset) MI_NOEXCEPT
    MI_ATTR_SIZE(3);
MI_RESULT void *mi_heap_recalloc_aligned_at(mi_heap_t *heap, void *p, size_t count, size_t size,
                                            size_t alignment, size_t offset) MI_NOEXCEPT
    MI_ATTR_SIZE2(3, 4);

/* ---- Typed macros ---------------------------------------------------------------------------- */

/* One object, or `count` objects, of type `tp`; the result has the type tp *.  Those with hp: from
   that heap. */
#ifdef __cplusplus
#define mi_malloc_tp(tp) static_cast<tp *>(mi_malloc(sizeof(tp)))
#define mi_zalloc_tp(tp) static_cast<tp *>(mi_zalloc(sizeof(tp)))
#define mi_calloc_tp(tp, count) static_cast<tp *>(mi_calloc(count, sizeof(tp)))
#define mi_mallocn_tp(tp, count) static_cast<tp *>(mi_mallocn(count, sizeof(tp)))
#define mi_reallocn_tp(p, tp, count) static_cast<tp *>(mi_reallocn(p, count, sizeof(tp)))
#define mi_recalloc_tp(p, tp, count) static_cast<tp *>(mi_recalloc(p, count, sizeof(tp)))
#define mi_heap_malloc_tp(hp, tp) static_cast<tp *>(mi_heap_malloc(hp, sizeof(tp)))
#define mi_heap_zalloc_tp(hp, tp) static_cast<tp *>(mi_heap_zalloc(hp, sizeof(tp)))
#define mi_heap_calloc_tp(hp, tp, count) static_cast<tp *>(mi_heap_calloc(hp, count, sizeof(tp)))
#define mi_heap_mallocn_tp(hp, tp, count) static_cast<tp *>(mi_heap_mallocn(hp, count, sizeof(tp)))
#define mi_heap_reallocn_tp(hp, p, tp, count)                                                      \
    static_cast<tp *>(mi_heap_reallocn(hp, p, count, sizeof(tp)))
#define mi_heap_recalloc_tp(hp, p, tp, count)                                                      \
    static_cast<tp *>(mi_heap_recalloc(hp, p, count, sizeof(tp)))
#else
#define mi_malloc_tp(tp) ((tp *)mi_malloc(sizeof(tp)))
#define mi_zalloc_tp(tp) ((tp *)mi_zalloc(sizeof(tp)))
#define mi_calloc_tp(tp, count) ((tp *)mi_calloc(count, sizeof(tp)))
#define mi_mallocn_tp(tp, count) ((tp *)mi_mallocn(count, sizeof(tp)))
#define mi_reallocn_tp(p, tp, count) ((tp *)mi_reallocn(p, count, sizeof(tp)))
#define mi_recalloc_tp(p, tp, count) ((tp *)mi_recalloc(p, count, sizeof(tp)))
#define mi_heap_malloc_tp(hp, tp) ((tp *)mi_heap_malloc(hp, sizeof(tp)))
#define mi_heap_zalloc_tp(hp, tp) ((tp *)mi_heap_zalloc(hp, sizeof(tp)))
#define mi_heap_calloc_tp(hp, tp, count) ((tp *)mi_heap_calloc(hp, count, sizeof(tp)))
#define mi_heap_mallocn_tp(hp, tp, count) ((tp *)mi_heap_mallocn(hp, count, sizeof(tp)))
#define mi_heap_reallocn_tp(hp, p, tp, count) ((tp *)mi_heap_reallocn(hp, p, count, sizeof(tp)))
#define mi_heap_recalloc_tp(hp, p, tp, count) ((tp *)mi_heap_recalloc(hp, p, count, sizeof(tp)))
#endif

/* ---- Analysis -------------------------------------------------------------------------------- */

/* Is the block p, of any heap, one of `heap`?  NULL: the calling thread's default heap. */
MI_RESULT bool mi_heap_contains_block(mi_heap_t *heap, const void *p) MI_NOEXCEPT;

/* The heap that the block p belongs to, or NULL when p is none.  A heap of another thread can only
   be compared. */
MI_RESULT mi_heap_t *mi_heap_of(const void *p) MI_NOEXCEPT;

/* Does p, which may be anything, point into a live block of `heap`?  Linear in the heap's pages; in
   the heap's thread. */
MI_RESULT bool mi_heap_check_owned(mi_heap_t *heap, const void *p) MI_NOEXCEPT;

/* mi_heap_check_owned in the calling thread's default heap. */
MI_RESULT bool mi_check_owned(const void *p) MI_NOEXCEPT;

/* Does p, which may be anything, point into a live block of `heap`; into memory of any heap? */
MI_RESULT bool mi_heap_contains(const mi_heap_t *heap, const void *p) MI_NOEXCEPT;
MI_RESULT bool mi_any_heap_contains(const void *p) MI_NOEXCEPT;

/* A range of memory that holds blocks of one size.  Filled by the library, read by the program. */
typedef struct mi_heap_area_s {
    void *blocks;      /* where the blocks begin */
    size_t reserved;   /* bytes of the range */
    size_t committed;  /* bytes of it in use for blocks, live or freed */
    size_t used;       /* bytes of the live blocks */
    size_t block_size; /* bytes of one block */
} mi_heap_area_t;

/* Called first with `block` NULL for each area, then for each live block of it; false stops. */
typedef bool(mi_block_visit_fun)(const mi_heap_t *heap, const mi_heap_area_t *area, void *block,
                                 size_t block_size, void *arg);

/* Visit the areas of a heap and, with `visit_all_blocks`, its live blocks; true when all were
   visited.  In the heap's thread; `visitor` neither allocates from nor frees into the heap. */
MI_EXPORT bool mi_heap_visit_blocks(const mi_heap_t *heap, bool visit_all_blocks,
                                    mi_block_visit_fun *visitor, void *arg);

/* ---- Options --------------------------------------------------------------------------------- */

/* Each is also MIMALLOC_<NAME> in the environment; MIMALLOC_STATS is show_stats.  The numbers are
   part of the binary interface. */
typedef enum mi_option_e {
    mi_option_page_reset = 0,     /* bool, 1: give the memory of empty pages back */
    mi_option_cache_reset = 1,    /* bool, 0: keep no memory for reuse */
    mi_option_pool_commit = 2,    /* bool, 0: commit whole arenas at once */
    mi_option_show_stats = 3,     /* bool, 0: statistics on stderr at exit */
    mi_option_show_errors = 4,    /* bool, 0 (debug 1): error messages on stderr */
    mi_option_verbose = 5,        /* 0 to 2, 0: messages on stderr */
    mi_option_purge_delay = 6,    /* ms, 500: how long idle memory is kept for reuse */
    mi_option_arena_reserve = 7,  /* KiB, 1048576: address space of the first arena */
    mi_option_large_pages = 8,    /* huge pages: 0 never, 1 where memory is full, 2 ask */
    mi_option_max_errors = 9,     /* 16: error messages before silence */
    mi_option_max_warnings = 10,  /* 16: warnings before silence */
    mi_option_keep_deepbind = 11, /* bool, 0: leave RTLD_DEEPBIND in dlopen alone */
    mi_option_populate_step = 12, /* KiB, 0: what of fresh memory is made resident at once */
    mi_option_stats_detail = 13,  /* bool, 0: a row for each size class in the statistics */
    mi_option_secure_level = 14,  /* 2: what the secure library does, 1 light, 2 full */
    mi_option_trace = 15,         /* 0: the debug library notes the calls of each n-th allocation */
    mi_option_check_origin = 16,  /* bool, 1: the debug library tells malloc, new and new[] apart */
    _mi_option_last
} mi_option_t;

/* Is an option other than 0?  An option that does not exist is 0 everywhere, and not set. */
MI_RESULT bool mi_option_enabled(mi_option_t option) MI_NOEXCEPT;
MI_RESULT bool mi_option_is_enabled(mi_option_t option) MI_NOEXCEPT;

/* Set an option to 1 or 0; the _default forms only when neither the environment nor the program
   has set it. */
MI_EXPORT void mi_option_enable(mi_option_t option, bool enable) MI_NOEXCEPT;
MI_EXPORT void mi_option_enable_default(mi_option_t option, bool enable) MI_NOEXCEPT;
MI_EXPORT void mi_option_disable(mi_option_t option) MI_NOEXCEPT;
MI_EXPORT void mi_option_set_enabled(mi_option_t option, bool enable) MI_NOEXCEPT;
MI_EXPORT void mi_option_set_enabled_default(mi_option_t option, bool enable) MI_NOEXCEPT;

/* Get, set, set by default a number, in the option's unit.  A value out of range is ignored. */
MI_RESULT long mi_option_get(mi_option_t option) MI_NOEXCEPT;
MI_EXPORT void mi_option_set(mi_option_t option, long value) MI_NOEXCEPT;
MI_EXPORT void mi_option_set_default(mi_option_t option, long value) MI_NOEXCEPT;

/* The value, moved into [min, max]; the value as bytes where its unit is KiB. */
MI_RESULT long mi_option_get_clamp(mi_option_t option, long min, long max) MI_NOEXCEPT;
MI_RESULT size_t mi_option_get_size(mi_option_t option) MI_NOEXCEPT;

/* Print version and options to stderr or where mi_register_output says. */
MI_EXPORT void mi_options_print(void) MI_NOEXCEPT;

/* A program may define this: "name=value,name=value", read once at start, below the environment in
   rank.  The library defines nothing of this name. */
MI_EXPORT extern const char *mi_options;

/* ---- POSIX and C library shapes -------------------------------------------------------------- */

/* *p becomes a block of `size` bytes aligned to `alignment` (a multiple of sizeof(void *)): 0, or
   EINVAL or ENOMEM with *p untouched.  errno is kept. */
MI_RESULT int mi_posix_memalign(void **p, size_t alignment, size_t size) MI_NOEXCEPT;

/* A block of `size` bytes aligned to `alignment`; the size need not be a multiple of that. */
MI_RESULT void *mi_memalign(size_t alignment, size_t size) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE(2) MI_ATTR_ALIGN(1);
MI_RESULT void *mi_aligned_alloc(size_t alignment, size_t size) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE(2) MI_ATTR_ALIGN(1);

/* A block on a page of the system; mi_pvalloc also rounds the size up to whole pages, one at
   least. */
MI_RESULT void *mi_valloc(size_t size) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(1);
MI_RESULT void *mi_pvalloc(size_t size) MI_NOEXCEPT MI_ATTR_MALLOC;

/* mi_reallocn under its BSD name. */
MI_RESULT void *mi_reallocarray(void *p, size_t count, size_t size) MI_NOEXCEPT MI_ATTR_SIZE2(2, 3);

/* `p` is the address of a pointer to a block (or to NULL), which is reallocated to count * size
   bytes: 0 and the pointer updated, or EOVERFLOW, ENOMEM or EINVAL (p NULL) and the pointer as it
   was.  errno is kept. */
MI_RESULT int mi_reallocarr(void *p, size_t count, size_t size) MI_NOEXCEPT;

/* mi_recalloc_aligned and mi_recalloc_aligned_at, mi_expand, mi_free under other names. */
MI_RESULT void *mi_aligned_recalloc(void *p, size_t newcount, size_t size,
                                    size_t alignment) MI_NOEXCEPT MI_ATTR_SIZE2(2, 3)
    MI_ATTR_ALIGN(4);
MI_RESULT void *mi_aligned_offset_recalloc(void *p, size_t newcount, size_t size, size_t alignment,
                                           size_t offset) MI_NOEXCEPT MI_ATTR_SIZE2(2, 3);
MI_EXPORT void *mi__expand(void *p, size_t newsize) MI_NOEXCEPT MI_ATTR_SIZE(2);
MI_EXPORT void mi_cfree(void *p) MI_NOEXCEPT;

/* mi_usable_size (twice) and mi_good_size under other names. */
MI_RESULT size_t mi_malloc_size(const void *p) MI_NOEXCEPT;
MI_RESULT size_t mi_malloc_usable_size(const void *p) MI_NOEXCEPT;
MI_RESULT size_t mi_malloc_good_size(size_t size) MI_NOEXCEPT;

/* mi_free for a block whose size (what was asked for), alignment, or smallness (at most
   MI_SMALL_SIZE_MAX bytes) the caller knows.  The debug and secure libraries check size and
   alignment. */
MI_EXPORT void mi_free_size(void *p, size_t size) MI_NOEXCEPT;
MI_EXPORT void mi_free_size_aligned(void *p, size_t size, size_t alignment) MI_NOEXCEPT;
MI_EXPORT void mi_free_aligned(void *p, size_t alignment) MI_NOEXCEPT;
MI_EXPORT void mi_free_small(void *p) MI_NOEXCEPT;

/* Duplicate a string of 16-bit units, or of bytes; NULL for NULL. */
MI_RESULT unsigned short *mi_wcsdup(const unsigned short *s) MI_NOEXCEPT MI_ATTR_MALLOC;
MI_RESULT unsigned char *mi_mbsdup(const unsigned char *s) MI_NOEXCEPT MI_ATTR_MALLOC;

/* *buf becomes a copy of the environment variable `name`, or NULL when there is none, and *size
   (which may be NULL) its bytes with the terminating zero, or 0.  Returns 0, ENOMEM, or EINVAL
   (buf or name NULL).  The form with 16-bit units exists on Windows only: here always EINVAL. */
MI_EXPORT int mi_dupenv_s(char **buf, size_t *size, const char *name) MI_NOEXCEPT;
MI_EXPORT int mi_wdupenv_s(unsigned short **buf, size_t *size,
                           const unsigned short *name) MI_NOEXCEPT;

/* ---- C++ ------------------------------------------------------------------------------------- */

/* Allocation that fails like operator new: the program's new-handler is called as long as there is
   one and no memory; then std::bad_alloc is thrown, or NULL returned by the _nothrow forms.  In a
   process without a C++ library the throwing forms end it with a message. */
MI_RESULT void *mi_new(size_t size) MI_ATTR_MALLOC MI_ATTR_SIZE(1) MI_ATTR_NEVER_NULL;
MI_RESULT void *mi_new_aligned(size_t size, size_t alignment) MI_ATTR_MALLOC MI_ATTR_SIZE(1)
    MI_ATTR_ALIGN(2) MI_ATTR_NEVER_NULL;
MI_RESULT void *mi_new_nothrow(size_t size) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(1);
MI_RESULT void *mi_new_aligned_nothrow(size_t size, size_t alignment) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE(1) MI_ATTR_ALIGN(2);
MI_RESULT void *mi_new_n(size_t count, size_t size) MI_ATTR_MALLOC
    MI_ATTR_SIZE2(1, 2) MI_ATTR_NEVER_NULL;
MI_RESULT void *mi_new_realloc(void *p, size_t newsize) MI_ATTR_SIZE(2) MI_ATTR_NEVER_NULL;
MI_RESULT void *mi_new_reallocn(void *p, size_t newcount, size_t size)
    MI_ATTR_SIZE2(2, 3) MI_ATTR_NEVER_NULL;
MI_RESULT void *mi_heap_alloc_new(mi_heap_t *heap, size_t size) MI_ATTR_MALLOC
    MI_ATTR_SIZE(2) MI_ATTR_NEVER_NULL;
MI_RESULT void *mi_heap_alloc_new_n(mi_heap_t *heap, size_t count, size_t size) MI_ATTR_MALLOC
    MI_ATTR_SIZE2(2, 3) MI_ATTR_NEVER_NULL;

/* ---- Block size returned --------------------------------------------------------------------- */

/* Like the functions without u; *block_size (which may be NULL) becomes the usable size, bytes, of
   the block, or 0.  Compilers are not told the size asked for, since all of that may be used. */
MI_RESULT void *mi_umalloc(size_t size, size_t *block_size) MI_NOEXCEPT MI_ATTR_MALLOC;
MI_RESULT void *mi_umalloc_small(size_t size, size_t *block_size) MI_NOEXCEPT MI_ATTR_MALLOC;
MI_RESULT void *mi_uzalloc_small(size_t size, size_t *block_size) MI_NOEXCEPT MI_ATTR_MALLOC;
MI_RESULT void *mi_ucalloc(size_t count, size_t size,
                           size_t *block_size) MI_NOEXCEPT MI_ATTR_MALLOC;
MI_RESULT void *mi_umalloc_aligned(size_t size, size_t alignment,
                                   size_t *block_size) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_ALIGN(2);
MI_RESULT void *mi_uzalloc_aligned(size_t size, size_t alignment,
                                   size_t *block_size) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_ALIGN(2);

/* *block_size_pre is the usable size of p before, *block_size_post that of the result. */
MI_RESULT void *mi_urealloc(void *p, size_t newsize, size_t *block_size_pre,
                            size_t *block_size_post) MI_NOEXCEPT;
MI_EXPORT void mi_ufree(void *p, size_t *block_size) MI_NOEXCEPT;

/* ---- Process --------------------------------------------------------------------------------- */

/* Where text goes, and who is told of errors (EINVAL, ENOMEM, EOVERFLOW). */
typedef void(mi_output_fun)(const char *msg, void *arg);
typedef void(mi_error_fun)(int err, void *arg);

/* Send messages and statistics to `out`; NULL: to stderr.  `out` is called by any thread and must
   not throw. */
MI_EXPORT void mi_register_output(mi_output_fun *out, void *arg) MI_NOEXCEPT;
MI_EXPORT void mi_register_error(mi_error_fun *fun, void *arg) MI_NOEXCEPT;

/* What the library does by itself when it is loaded and when the process ends; may be repeated. */
MI_EXPORT void mi_process_init(void) MI_NOEXCEPT;
MI_EXPORT void mi_process_done(void) MI_NOEXCEPT;

/* Times in milliseconds, memory in bytes, faults that needed input; any pointer may be NULL. */
MI_EXPORT void mi_process_info(size_t *elapsed_msecs, size_t *user_msecs, size_t *system_msecs,
                               size_t *current_rss, size_t *peak_rss, size_t *current_commit,
                               size_t *peak_commit, size_t *page_faults) MI_NOEXCEPT;

/* Print times, faults and the peak of resident memory to stderr, or where mi_register_output
   says. */
MI_EXPORT void mi_process_info_print(void) MI_NOEXCEPT;

/* Is p, which may be anything, in memory that this library manages? */
MI_RESULT bool mi_is_in_heap_region(const void *p) MI_NOEXCEPT;

/* Does the library that serves mi_malloc also replace malloc? */
MI_RESULT bool mi_is_redirected(void) MI_NOEXCEPT;

/* mi_collect(true), whatever the size: the call of later interfaces that names a target. */
MI_EXPORT void mi_collect_reduce(size_t target_size) MI_NOEXCEPT;

/* Says that the calling thread belongs to a pool; advice only. */
MI_EXPORT void mi_thread_set_in_threadpool(void) MI_NOEXCEPT;

/* ---- Arenas ---------------------------------------------------------------------------------- */

/* Memory that the program provides or asks for ahead of use.  Blocks are taken from it before the
   library's own arenas; an exclusive arena serves only heaps made in it.  It lives as long as the
   process.  Its id is above 0; `arena_id` may be NULL, and becomes 0 on failure. */
typedef int mi_arena_id_t;

/* Make `size` bytes at `start`, which stay the library's for good, an arena.  `is_committed`: they
   can be read and written (else mprotect makes them so as they are used); `is_zero`: they read as
   zero.  `is_large` and `numa_node` are accepted for programs written to later headers.  False:
   there is no whole 64 KiB, an arena is there already, or no memory for records.  The range is cut
   to whole multiples of 64 KiB. */
MI_EXPORT bool mi_manage_os_memory(void *start, size_t size, bool is_committed, bool is_large,
                                   bool is_zero, int numa_node) MI_NOEXCEPT;
MI_EXPORT bool mi_manage_os_memory_ex(void *start, size_t size, bool is_committed, bool is_large,
                                      bool is_zero, int numa_node, bool exclusive,
                                      mi_arena_id_t *arena_id) MI_NOEXCEPT;

/* Reserve `size` bytes of address space as an arena; with `commit` they can be read and written at
   once, with `allow_large` they ask for transparent huge pages.  0, EINVAL (size 0) or ENOMEM. */
MI_EXPORT int mi_reserve_os_memory(size_t size, bool commit, bool allow_large) MI_NOEXCEPT;
MI_EXPORT int mi_reserve_os_memory_ex(size_t size, bool commit, bool allow_large, bool exclusive,
                                      mi_arena_id_t *arena_id) MI_NOEXCEPT;

/* Reserve `pages` pages of 1 GiB from the system's pool of huge pages, as many as there are before
   the time (0: no limit) is over; on one node (-1: any), or evenly over `numa_nodes` (0: all).  0,
   or ENOMEM: there were none; of the form that gives an id EINVAL, too: `pages` is 0. */
MI_EXPORT int mi_reserve_huge_os_pages_at(size_t pages, int numa_node,
                                          size_t timeout_msecs) MI_NOEXCEPT;
MI_EXPORT int mi_reserve_huge_os_pages_at_ex(size_t pages, int numa_node, size_t timeout_msecs,
                                             bool exclusive, mi_arena_id_t *arena_id) MI_NOEXCEPT;
MI_EXPORT int mi_reserve_huge_os_pages_interleave(size_t pages, size_t numa_nodes,
                                                  size_t timeout_msecs) MI_NOEXCEPT;
MI_EXPORT int mi_reserve_huge_os_pages(size_t pages, double max_secs,
                                       size_t *pages_reserved) MI_NOEXCEPT;

/* Where an arena begins, and its bytes; NULL and 0 for what is none. */
MI_RESULT void *mi_arena_area(mi_arena_id_t arena_id, size_t *size) MI_NOEXCEPT;

/* Does p, which may be anything, point into the arena? */
MI_RESULT bool mi_arena_contains(mi_arena_id_t arena_id, const void *p) MI_NOEXCEPT;

/* Bytes that memory for mi_manage_os_memory has at least, and the alignment at which none of it is
   lost. */
MI_RESULT size_t mi_arena_min_size(void) MI_NOEXCEPT;
MI_RESULT size_t mi_arena_min_alignment(void) MI_NOEXCEPT;

/* A heap that allocates from one arena only (0: any): NULL and ENOMEM when that is full.  NULL and
   EINVAL: there is no such arena. */
MI_RESULT mi_heap_t *mi_heap_new_in_arena(mi_arena_id_t arena_id) MI_NOEXCEPT;

/* Print a line for each arena to stderr or where mi_register_output says. */
MI_EXPORT void mi_arenas_print(void) MI_NOEXCEPT;
MI_EXPORT void mi_debug_show_arenas(void) MI_NOEXCEPT;

/* ---- Statistics ------------------------------------------------------------------------------ */

/* Count what this thread has not counted yet; statistics are current without it. */
MI_EXPORT void mi_stats_merge(void) MI_NOEXCEPT;

/* mi_stats_print and mi_thread_stats_print to a function; NULL as there. */
MI_EXPORT void mi_stats_print_out(mi_output_fun *out, void *arg) MI_NOEXCEPT;
MI_EXPORT void mi_thread_stats_print_out(mi_output_fun *out, void *arg) MI_NOEXCEPT;

/* Statistics for programs, as a structure and as JSON: <mimalloc-stats.h>. */

/* ---- Later shapes ---------------------------------------------------------------------------- */

/* Names whose shape changed in later headers have a second function.  It can always be called by
   its own name; a program that defines MI_API_VERSION 2 also calls it by the plain name, through
   a macro without parameters, so that taking the address works as well, in C and in C++. */
typedef void(mi_deferred_free_v2_fun)(bool force, unsigned long long heartbeat, void *arg);
MI_EXPORT void mi_option_enable_v2(mi_option_t option) MI_NOEXCEPT;
MI_EXPORT void mi_register_deferred_free_v2(mi_deferred_free_v2_fun *deferred_free,
                                            void *arg) MI_NOEXCEPT;
/* `out` is ignored: prints to stderr or where mi_register_output says. */
MI_EXPORT void mi_stats_print_v2(void *out) MI_NOEXCEPT;

#if MI_MALLOC_VERSION >= 200
#define mi_option_enable mi_option_enable_v2
#define mi_deferred_free_fun mi_deferred_free_v2_fun
#define mi_register_deferred_free mi_register_deferred_free_v2
#define mi_stats_print mi_stats_print_v2
#endif

#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang diagnostic pop
#elif defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/* ---- C++: allocators for containers ---------------------------------------------------------- */

#ifdef __cplusplus
/* Templates have C++ linkage, also where a program includes this header within extern "C". */
extern "C++" {
#include <cstddef>
#include <new>
#if __cplusplus >= 201103L
#include <type_traits>
#define MI_ALIGNOF(type) alignof(type)
#else
#define MI_ALIGNOF(type) __alignof__(type)
#endif

/* What this header needs for itself.  Programs use none of it, by no name. */
namespace mi_cxx_detail {

enum { BLOCK_ALIGNMENT = 16 }; /* of every block */

/* Throws std::bad_alloc.  Where the program is compiled without exceptions, the library throws, by
   failing to allocate what cannot be. */
inline void throw_bad_alloc() {
#if defined(__EXCEPTIONS) || defined(__cpp_exceptions)
    throw std::bad_alloc();
#else
    volatile std::size_t excessive = static_cast<std::size_t>(-1);
    mi_free(mi_new(excessive));
#endif
}

/* Throws what std::allocator throws for a length whose bytes do not fit. */
inline void throw_bad_length() {
#if __cplusplus >= 201103L && (defined(__EXCEPTIONS) || defined(__cpp_exceptions))
    throw std::bad_array_new_length();
#else
    throw_bad_alloc();
#endif
}

template <typename T> inline std::size_t max_count() MI_NOEXCEPT {
    return static_cast<std::size_t>(-1) / 2 / sizeof(T);
}

/* The bytes of `count` objects, which are not too many. */
template <typename T> inline std::size_t bytes_of(std::size_t count) {
    if (count > max_count<T>()) {
        if (count > static_cast<std::size_t>(-1) / sizeof(T)) {
            throw_bad_length();
        }
        throw_bad_alloc();
    }
    return count * sizeof(T);
}

/* No memory: once for each failed attempt. */
inline void call_new_handler() {
#if __cplusplus >= 201103L
    const std::new_handler handler = std::get_new_handler();
#else
    const std::new_handler handler = std::set_new_handler(NULL);
    std::set_new_handler(handler);
#endif
    if (!handler) {
        throw_bad_alloc();
    }
    handler();
}

inline void *allocate(std::size_t size, std::size_t alignment) {
    return alignment > BLOCK_ALIGNMENT ? mi_new_aligned(size, alignment) : mi_new(size);
}

/* Fails like operator new; no handler can help with an alignment that nobody serves. */
inline void *allocate_from(mi_heap_t *heap, std::size_t size, std::size_t alignment) {
    if ((alignment & (alignment - 1)) != 0 || alignment > static_cast<std::size_t>(1) << 30) {
        throw_bad_alloc();
    }
    for (;;) {
        void *block = alignment > BLOCK_ALIGNMENT ? mi_heap_malloc_aligned(heap, size, alignment)
                                                  : mi_heap_malloc(heap, size);
        if (block) {
            return block;
        }
        call_new_handler();
    }
}

inline void deallocate(void *block, std::size_t size, std::size_t alignment) MI_NOEXCEPT {
    if (alignment > BLOCK_ALIGNMENT) {
        mi_free_size_aligned(block, size, alignment);
    } else {
        mi_free_size(block, size);
    }
}

/* What all allocators declare. */
template <typename T> struct allocator_types {
    typedef T value_type;
    typedef T *pointer;
    typedef const T *const_pointer;
    typedef std::size_t size_type;
    typedef std::ptrdiff_t difference_type;
#if __cplusplus >= 201103L
    typedef typename std::add_lvalue_reference<T>::type reference;
    typedef typename std::add_lvalue_reference<const T>::type const_reference;
    typedef std::true_type propagate_on_container_copy_assignment;
    typedef std::true_type propagate_on_container_move_assignment;
    typedef std::true_type propagate_on_container_swap;
#else
    typedef T &reference;
    typedef const T &const_reference;
    T *address(T &object) const {
        return &object;
    }
    const T *address(const T &object) const {
        return &object;
    }
    void construct(T *place, const T &value) const {
        ::new (static_cast<void *>(place)) T(value);
    }
    void destroy(T *object) const {
        object->~T();
    }
#endif
    std::size_t max_size() const MI_NOEXCEPT {
        return max_count<T>();
    }
};

/* A heap.  Either the program's, which is only used, or one of its own: the copies of an allocator
   share that and count themselves, in a block of the heap, and the last one ends it. */
template <bool destroys> class shared_heap {
  public:
    shared_heap() : heap_(), copies_() {
        while (!make()) {
            call_new_handler();
        }
    }
    explicit shared_heap(mi_heap_t *heap) MI_NOEXCEPT : heap_(heap), copies_() {
    }
    shared_heap(const shared_heap &other) MI_NOEXCEPT : heap_(other.heap_), copies_(other.copies_) {
        retain();
    }
    shared_heap &operator=(const shared_heap &other) MI_NOEXCEPT {
        other.retain();
        release();
        heap_ = other.heap_;
        copies_ = other.copies_;
        return *this;
    }
    ~shared_heap() {
        release();
    }
    mi_heap_t *get() const MI_NOEXCEPT {
        return heap_;
    }
    bool is_same(const shared_heap &other) const MI_NOEXCEPT {
        return heap_ == other.heap_ && copies_ == other.copies_;
    }

  private:
    mi_heap_t *heap_;
    std::size_t *copies_; /* NULL: the heap is the program's */

    bool make() MI_NOEXCEPT {
        heap_ = mi_heap_new();
        if (!heap_) {
            return false;
        }
        copies_ = static_cast<std::size_t *>(mi_heap_malloc(heap_, sizeof *copies_));
        if (!copies_) {
            mi_heap_destroy(heap_);
            return false;
        }
        *copies_ = 1;
        return true;
    }
    void retain() const MI_NOEXCEPT {
        if (copies_) {
            __atomic_fetch_add(copies_, 1, __ATOMIC_RELAXED);
        }
    }
    /* The last one sees what the others did to the heap's blocks: acquire pairs with release. */
    void release() MI_NOEXCEPT {
        if (!copies_ || __atomic_sub_fetch(copies_, 1, __ATOMIC_ACQ_REL) != 0) {
            return;
        }
        if (destroys) {
            mi_heap_destroy(heap_);
        } else {
            mi_free(copies_);
            mi_heap_delete(heap_);
        }
    }
};

/* What the two allocators that have a heap share. */
template <typename T, bool destroys> class heap_allocator : public allocator_types<T> {
  public:
#if __cplusplus >= 201103L
    typedef std::false_type is_always_equal;
#endif
    /* Give unused memory of the heap back; with `force` all of it. */
    void collect(bool force) {
        mi_heap_collect(heap_.get(), force);
    }
    MI_NODISCARD T *allocate(std::size_t count) {
        return static_cast<T *>(allocate_from(heap_.get(), bytes_of<T>(count), MI_ALIGNOF(T)));
    }
#if __cplusplus < 201703L
    MI_NODISCARD T *allocate(std::size_t count, const void *) {
        return allocate(count);
    }
#endif
    /* Do the two allocate from the same heap, and keep it alive in the same way? */
    template <typename U>
    bool is_equal(const heap_allocator<U, destroys> &other) const MI_NOEXCEPT {
        return heap_.is_same(other.heap_);
    }

  protected:
    heap_allocator() : heap_() {
    }
    explicit heap_allocator(mi_heap_t *heap) MI_NOEXCEPT : heap_(heap) {
    }
    template <typename U>
    explicit heap_allocator(const heap_allocator<U, destroys> &other) MI_NOEXCEPT
        : heap_(other.heap_) {
    }

  private:
    template <typename U, bool also> friend class heap_allocator;
    shared_heap<destroys> heap_;
};

} /* namespace mi_cxx_detail */

/* An allocator for containers, from the calling thread's default heap.  It fails as std::allocator
   does: by the program's new-handler, and by throwing. */
template <typename T> struct mi_stl_allocator : public mi_cxx_detail::allocator_types<T> {
    template <typename U> struct rebind { typedef mi_stl_allocator<U> other; };
#if __cplusplus >= 201103L
    typedef std::true_type is_always_equal;
    mi_stl_allocator() = default;
#else
    mi_stl_allocator() {
    }
#endif
    template <typename U> mi_stl_allocator(const mi_stl_allocator<U> &) MI_NOEXCEPT {
    }
    mi_stl_allocator select_on_container_copy_construction() const {
        return *this;
    }
    MI_NODISCARD T *allocate(std::size_t count) {
        return static_cast<T *>(
            mi_cxx_detail::allocate(mi_cxx_detail::bytes_of<T>(count), MI_ALIGNOF(T)));
    }
#if __cplusplus < 201703L
    MI_NODISCARD T *allocate(std::size_t count, const void *) {
        return allocate(count);
    }
#endif
    void deallocate(T *block, std::size_t count) {
        mi_cxx_detail::deallocate(block, count * sizeof(T), MI_ALIGNOF(T));
    }
};

template <typename T, typename U>
inline bool operator==(const mi_stl_allocator<T> &, const mi_stl_allocator<U> &) MI_NOEXCEPT {
    return true;
}
template <typename T, typename U>
inline bool operator!=(const mi_stl_allocator<T> &, const mi_stl_allocator<U> &) MI_NOEXCEPT {
    return false;
}

/* An allocator from a heap of its own, which its copies share; the last of them deletes the heap.
   Or from `heap`, which stays the program's and must outlive the allocator; NULL: the calling
   thread's default heap.  It allocates only in the thread that made it, and the last copy goes in
   that thread, before that ends; memory is given back in any thread. */
template <typename T>
struct mi_heap_stl_allocator : public mi_cxx_detail::heap_allocator<T, false> {
    template <typename U> struct rebind { typedef mi_heap_stl_allocator<U> other; };
    mi_heap_stl_allocator() {
    }
    mi_heap_stl_allocator(mi_heap_t *heap) MI_NOEXCEPT
        : mi_cxx_detail::heap_allocator<T, false>(heap) {
    }
    template <typename U>
    mi_heap_stl_allocator(const mi_heap_stl_allocator<U> &other) MI_NOEXCEPT
        : mi_cxx_detail::heap_allocator<T, false>(other) {
    }
    mi_heap_stl_allocator select_on_container_copy_construction() const {
        return *this;
    }
    void deallocate(T *block, std::size_t count) {
        mi_cxx_detail::deallocate(block, count * sizeof(T), MI_ALIGNOF(T));
    }
};

template <typename T, typename U>
inline bool operator==(const mi_heap_stl_allocator<T> &a,
                       const mi_heap_stl_allocator<U> &b) MI_NOEXCEPT {
    return a.is_equal(b);
}
template <typename T, typename U>
inline bool operator!=(const mi_heap_stl_allocator<T> &a,
                       const mi_heap_stl_allocator<U> &b) MI_NOEXCEPT {
    return !a.is_equal(b);
}

/* The same, but no block is freed by itself: the last copy destroys the heap with all of them. */
template <typename T>
struct mi_heap_destroy_stl_allocator : public mi_cxx_detail::heap_allocator<T, true> {
    template <typename U> struct rebind { typedef mi_heap_destroy_stl_allocator<U> other; };
    mi_heap_destroy_stl_allocator() {
    }
    mi_heap_destroy_stl_allocator(mi_heap_t *heap) MI_NOEXCEPT
        : mi_cxx_detail::heap_allocator<T, true>(heap) {
    }
    template <typename U>
    mi_heap_destroy_stl_allocator(const mi_heap_destroy_stl_allocator<U> &other) MI_NOEXCEPT
        : mi_cxx_detail::heap_allocator<T, true>(other) {
    }
    mi_heap_destroy_stl_allocator select_on_container_copy_construction() const {
        return *this;
    }
    void deallocate(T *, std::size_t) {
    }
};

template <typename T, typename U>
inline bool operator==(const mi_heap_destroy_stl_allocator<T> &a,
                       const mi_heap_destroy_stl_allocator<U> &b) MI_NOEXCEPT {
    return a.is_equal(b);
}
template <typename T, typename U>
inline bool operator!=(const mi_heap_destroy_stl_allocator<T> &a,
                       const mi_heap_destroy_stl_allocator<U> &b) MI_NOEXCEPT {
    return !a.is_equal(b);
}

#undef MI_ALIGNOF
} /* extern "C++" */
#endif

#endif
