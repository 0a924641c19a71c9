/* SPDX-License-Identifier: MIT */
/* Floor 5, api: chapter "C++": allocation that fails like operator new. */
#include "api.h"
#include "new_failure.h"

#include <errno.h>
#include <string.h>

#define CALLER __builtin_return_address(0)

MIP_EXPORT void *mi_new(size_t size) {
    void *p = mip_fast_malloc(size);
    if (MIP_LIKELY(p != NULL)) {
        return p;
    }
    return mip_api_new_failed(MIP_NEW_PLAIN, size, 0, CALLER);
}

MIP_EXPORT void *mi_new_nothrow(size_t size) {
    void *p = mip_fast_malloc(size);
    if (MIP_LIKELY(p != NULL)) {
        return p;
    }
    return mip_api_new_failed(MIP_NEW_NOTHROW, size, 0, CALLER);
}

MIP_EXPORT void *mi_new_aligned(size_t size, size_t alignment) {
    void *p = mip_heap_malloc_aligned(NULL, size, alignment, 0, false);
    if (MIP_LIKELY(p != NULL)) {
        return p;
    }
    return mip_api_new_failed(MIP_NEW_ALIGNED, size, alignment, CALLER);
}

MIP_EXPORT void *mi_new_aligned_nothrow(size_t size, size_t alignment) {
    void *p = mip_heap_malloc_aligned(NULL, size, alignment, 0, false);
    if (MIP_LIKELY(p != NULL)) {
        return p;
    }
    return mip_api_new_failed(MIP_NEW_ALIGNED_NOTHROW, size, alignment, CALLER);
}

MIP_EXPORT void *mi_new_n(size_t count, size_t size) {
    size_t total = mip_total_of(count, size);
    void *p = mip_fast_malloc(total);
    if (MIP_LIKELY(p != NULL)) {
        return p;
    }
    return mip_api_new_failed(MIP_NEW_PLAIN, total, 0, CALLER);
}

/* The failure path gives a new block when the handler freed enough: then the contents move. */
static void *resize(void *p, size_t size, const void *caller) {
    void *resized = mip_heap_realloc(NULL, p, size, false);
    if (MIP_LIKELY(resized != NULL)) {
        return resized;
    }
    if (p != NULL && errno == EINVAL) {
        mip_api_throw_bad_alloc(size, caller); /* no block, whose contents could be kept */
    }
    void *fresh = mip_api_new_failed(MIP_NEW_PLAIN, size, 0, caller);
    if (p != NULL) {
        memcpy(fresh, p, mip_min(size, mip_usable_size(p)));
        mip_free(p);
    }
    return fresh;
}

MIP_EXPORT void *mi_new_realloc(void *p, size_t size) {
    return resize(p, size, CALLER);
}

MIP_EXPORT void *mi_new_reallocn(void *p, size_t count, size_t size) {
    return resize(p, mip_total_of(count, size), CALLER);
}

static void *from_heap(mi_heap_t *heap, size_t size, const void *caller) {
    void *p = mip_heap_malloc(heap_of(heap), size, false);
    if (MIP_LIKELY(p != NULL)) {
        return p;
    }
    return mip_api_heap_new_failed(heap_of(heap), size, caller);
}

MIP_EXPORT void *mi_heap_alloc_new(mi_heap_t *heap, size_t size) {
    return from_heap(heap, size, CALLER);
}

MIP_EXPORT void *mi_heap_alloc_new_n(mi_heap_t *heap, size_t count, size_t size) {
    return from_heap(heap, mip_total_of(count, size), CALLER);
}
