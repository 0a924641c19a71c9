/* SPDX-License-Identifier: MIT */
/* Floors 3-4, core: core.h and fast.h as the rooms above include them.  In builds that tell
   memcheck or ASan of blocks (WATCHED) what gives, takes or touches blocks goes through watched.c;
   in all others the names mean what they say. */
#ifndef MIP_WATCHED_H
#define MIP_WATCHED_H

#include "core.h"
#include "fast.h"

/* What they mean is said in core.h. */
void *mip_watched_malloc(size_t size);
void *mip_watched_zalloc(size_t size);
void *mip_watched_malloc_aligned(size_t size, size_t alignment);
void *mip_watched_heap_malloc(struct heap *heap, size_t size, bool zero);
void *mip_watched_heap_malloc_aligned(struct heap *heap, size_t size, size_t alignment,
                                      size_t offset, bool zero);
void mip_watched_free(void *p);
void *mip_watched_heap_realloc(struct heap *heap, void *p, size_t size, bool zero);
void *mip_watched_heap_realloc_aligned(struct heap *heap, void *p, size_t size, size_t alignment,
                                       size_t offset, bool zero);
void *mip_watched_expand(void *p, size_t size);
size_t mip_watched_usable_size(const void *p);
size_t mip_watched_usable_size_in(const char *function, const void *p);
void mip_watched_check_size(const void *p, size_t size);
void mip_watched_check_plain(const void *p, size_t size);
void mip_watched_check_promise(const void *p, size_t size, size_t alignment);
void mip_watched_heap_delete(struct heap *heap);
void mip_watched_heap_destroy(struct heap *heap);
void mip_watched_heap_collect(struct heap *heap, bool force);
bool mip_watched_heap_check_owned(struct heap *heap, const void *p);
bool mip_watched_heap_visit(const struct heap *heap, bool all_blocks, mip_visit_fun *fun,
                            void *arg);
void mip_watched_thread_done(void);
void mip_watched_collect(bool force);

#ifdef MIP_WATCHED
#define mip_malloc mip_watched_malloc
#define mip_zalloc mip_watched_zalloc
#define mip_fast_malloc mip_watched_malloc
#define mip_fast_zalloc mip_watched_zalloc
#define mip_fast_malloc_aligned mip_watched_malloc_aligned
#define mip_heap_malloc mip_watched_heap_malloc
#define mip_heap_malloc_aligned mip_watched_heap_malloc_aligned
#define mip_free mip_watched_free
#define mip_fast_free mip_watched_free
#define mip_heap_realloc mip_watched_heap_realloc
#define mip_heap_realloc_aligned mip_watched_heap_realloc_aligned
#define mip_expand mip_watched_expand
#define mip_usable_size mip_watched_usable_size
#define mip_usable_size_in mip_watched_usable_size_in
#define mip_strict_check_size mip_watched_check_size
#define mip_strict_check_plain mip_watched_check_plain
#define mip_strict_check_promise mip_watched_check_promise
#define mip_heap_delete mip_watched_heap_delete
#define mip_heap_destroy mip_watched_heap_destroy
#define mip_heap_collect mip_watched_heap_collect
#define mip_heap_check_owned mip_watched_heap_check_owned
#define mip_heap_visit mip_watched_heap_visit
#define mip_thread_done mip_watched_thread_done
#define mip_collect mip_watched_collect
#endif

#endif
