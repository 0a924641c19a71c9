/* SPDX-License-Identifier: MIT */
/* Chapter "heap": heaps and unaligned allocation from them.  A heap allocates in its own thread
   only; any thread frees. */
#include "api.h"

#include <errno.h>

mi_heap_t *mi_heap_new(void) {
    return handle_of(mip_heap_new(0));
}

void mi_heap_delete(mi_heap_t *heap) {
    mip_heap_delete(heap_of(heap));
}

void mi_heap_destroy(mi_heap_t *heap) {
    mip_heap_destroy(heap_of(heap));
}

mi_heap_t *mi_heap_set_default(mi_heap_t *heap) {
    return handle_of(mip_heap_set_default(heap_of(heap)));
}

mi_heap_t *mi_heap_get_default(void) {
    return handle_of(mip_heap_default());
}

mi_heap_t *mi_heap_get_backing(void) {
    return handle_of(mip_heap_backing());
}

void mi_heap_collect(mi_heap_t *heap, bool force) {
    mip_heap_collect(heap_of(heap), force);
}

void *mi_heap_malloc(mi_heap_t *heap, size_t size) {
    return mip_heap_malloc(heap_of(heap), size, false);
}

void *mi_heap_zalloc(mi_heap_t *heap, size_t size) {
    return mip_heap_malloc(heap_of(heap), size, true);
}

void *mi_heap_calloc(mi_heap_t *heap, size_t count, size_t size) {
    return mip_heap_malloc(heap_of(heap), mip_total_of(count, size), true);
}

void *mi_heap_mallocn(mi_heap_t *heap, size_t count, size_t size) {
    return mip_heap_malloc(heap_of(heap), mip_total_of(count, size), false);
}

void *mi_heap_malloc_small(mi_heap_t *heap, size_t size) {
    return mip_heap_malloc(heap_of(heap), size, false);
}

void *mi_heap_zalloc_small(mi_heap_t *heap, size_t size) {
    return mip_heap_malloc(heap_of(heap), size, true);
}

void *mi_heap_realloc(mi_heap_t *heap, void *p, size_t newsize) {
    return mip_heap_realloc(heap_of(heap), p, newsize, false);
}

void *mi_heap_reallocn(mi_heap_t *heap, void *p, size_t count, size_t size) {
    return mip_heap_realloc(heap_of(heap), p, mip_total_of(count, size), false);
}

void *mi_heap_reallocf(mi_heap_t *heap, void *p, size_t newsize) {
    void *block = mip_heap_realloc(heap_of(heap), p, newsize, false);
    if (MIP_UNLIKELY(block == NULL) && errno != EINVAL) { /* else p is none */
        mip_free(p);
    }
    return block;
}

void *mi_heap_rezalloc(mi_heap_t *heap, void *p, size_t newsize) {
    return mip_heap_realloc(heap_of(heap), p, newsize, true);
}

void *mi_heap_recalloc(mi_heap_t *heap, void *p, size_t count, size_t size) {
    return mip_heap_realloc(heap_of(heap), p, mip_total_of(count, size), true);
}
