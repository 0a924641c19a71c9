/* SPDX-License-Identifier: MIT */
/* Chapter "aligned", from the default heap and from a given one.  The core checks alignments.  Any
   thread. */
#include "api.h"

#include "../core/watched.h"

void *mi_malloc_aligned(size_t size, size_t alignment) {
    return mip_fast_malloc_aligned(size, alignment);
}

void *mi_zalloc_aligned(size_t size, size_t alignment) {
    return mip_heap_malloc_aligned(NULL, size, alignment, 0, true);
}

void *mi_calloc_aligned(size_t count, size_t size, size_t alignment) {
    return mip_heap_malloc_aligned(NULL, mip_total_of(count, size), alignment, 0, true);
}

void *mi_realloc_aligned(void *p, size_t newsize, size_t alignment) {
    return mip_heap_realloc_aligned(NULL, p, newsize, alignment, 0, false);
}

void *mi_rezalloc_aligned(void *p, size_t newsize, size_t alignment) {
    return mip_heap_realloc_aligned(NULL, p, newsize, alignment, 0, true);
}

void *mi_recalloc_aligned(void *p, size_t count, size_t size, size_t alignment) {
    return mip_heap_realloc_aligned(NULL, p, mip_total_of(count, size), alignment, 0, true);
}

void *mi_malloc_aligned_at(size_t size, size_t alignment, size_t offset) {
    return mip_heap_malloc_aligned(NULL, size, alignment, offset, false);
}

void *mi_zalloc_aligned_at(size_t size, size_t alignment, size_t offset) {
    return mip_heap_malloc_aligned(NULL, size, alignment, offset, true);
}

void *mi_calloc_aligned_at(size_t count, size_t size, size_t alignment, size_t offset) {
    return mip_heap_malloc_aligned(NULL, mip_total_of(count, size), alignment, offset, true);
}

void *mi_realloc_aligned_at(void *p, size_t newsize, size_t alignment, size_t offset) {
    return mip_heap_realloc_aligned(NULL, p, newsize, alignment, offset, false);
}

void *mi_rezalloc_aligned_at(void *p, size_t newsize, size_t alignment, size_t offset) {
    return mip_heap_realloc_aligned(NULL, p, newsize, alignment, offset, true);
}

void *mi_recalloc_aligned_at(void *p, size_t count, size_t size, size_t alignment, size_t offset) {
    return mip_heap_realloc_aligned(NULL, p, mip_total_of(count, size), alignment, offset, true);
}

void *mi_heap_malloc_aligned(mi_heap_t *heap, size_t size, size_t alignment) {
    return mip_heap_malloc_aligned(heap_of(heap), size, alignment, 0, false);
}

void *mi_heap_zalloc_aligned(mi_heap_t *heap, size_t size, size_t alignment) {
    return mip_heap_malloc_aligned(heap_of(heap), size, alignment, 0, true);
}

void *mi_heap_calloc_aligned(mi_heap_t *heap, size_t count, size_t size, size_t alignment) {
    return mip_heap_malloc_aligned(heap_of(heap), mip_total_of(count, size), alignment, 0, true);
}

void *mi_heap_realloc_aligned(mi_heap_t *heap, void *p, size_t newsize, size_t alignment) {
    return mip_heap_realloc_aligned(heap_of(heap), p, newsize, alignment, 0, false);
}

void *mi_heap_rezalloc_aligned(mi_heap_t *heap, void *p, size_t newsize, size_t alignment) {
    return mip_heap_realloc_aligned(heap_of(heap), p, newsize, alignment, 0, true);
}

void *mi_heap_recalloc_aligned(mi_heap_t *heap, void *p, size_t count, size_t size,
                               size_t alignment) {
    return mip_heap_realloc_aligned(heap_of(heap), p, mip_total_of(count, size), alignment, 0,
                                    true);
}

void *mi_heap_malloc_aligned_at(mi_heap_t *heap, size_t size, size_t alignment, size_t offset) {
    return mip_heap_malloc_aligned(heap_of(heap), size, alignment, offset, false);
}

void *mi_heap_zalloc_aligned_at(mi_heap_t *heap, size_t size, size_t alignment, size_t offset) {
    return mip_heap_malloc_aligned(heap_of(heap), size, alignment, offset, true);
}

void *mi_heap_calloc_aligned_at(mi_heap_t *heap, size_t count, size_t size, size_t alignment,
                                size_t offset) {
    return mip_heap_malloc_aligned(heap_of(heap), mip_total_of(count, size), alignment, offset,
                                   true);
}

void *mi_heap_realloc_aligned_at(mi_heap_t *heap, void *p, size_t newsize, size_t alignment,
                                 size_t offset) {
    return mip_heap_realloc_aligned(heap_of(heap), p, newsize, alignment, offset, false);
}

void *mi_heap_rezalloc_aligned_at(mi_heap_t *heap, void *p, size_t newsize, size_t alignment,
                                  size_t offset) {
    return mip_heap_realloc_aligned(heap_of(heap), p, newsize, alignment, offset, true);
}

void *mi_heap_recalloc_aligned_at(mi_heap_t *heap, void *p, size_t count, size_t size,
                                  size_t alignment, size_t offset) {
    return mip_heap_realloc_aligned(heap_of(heap), p, mip_total_of(count, size), alignment, offset,
                                    true);
}
