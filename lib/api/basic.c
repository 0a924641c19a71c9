/* SPDX-License-Identifier: MIT */
/* Chapter "basic": allocate, reallocate, free.  Strings are in strings.c.  Any thread. */
#include "api.h"

#include <errno.h>

void mi_free(void *p) {
    mip_fast_free(p);
}

void *mi_malloc(size_t size) {
    return mip_fast_malloc(size);
}

void *mi_zalloc(size_t size) {
    return mip_fast_zalloc(size);
}

void *mi_calloc(size_t count, size_t size) {
    return mip_fast_zalloc(mip_total_of(count, size));
}

void *mi_zallocn(size_t count, size_t size) {
    return mip_fast_zalloc(mip_total_of(count, size));
}

void *mi_mallocn(size_t count, size_t size) {
    return mip_fast_malloc(mip_total_of(count, size));
}

void *mi_realloc(void *p, size_t newsize) {
    return mip_heap_realloc(NULL, p, newsize, false);
}

void *mi_rezalloc(void *p, size_t newsize) {
    return mip_heap_realloc(NULL, p, newsize, true);
}

void *mi_recalloc(void *p, size_t count, size_t size) {
    return mip_heap_realloc(NULL, p, mip_total_of(count, size), true);
}

void *mi_reallocn(void *p, size_t count, size_t size) {
    return mip_heap_realloc(NULL, p, mip_total_of(count, size), false);
}

void *mi_reallocf(void *p, size_t newsize) {
    void *block = mip_heap_realloc(NULL, p, newsize, false);
    if (MIP_UNLIKELY(block == NULL) && errno != EINVAL) { /* else p is none */
        mip_free(p);
    }
    return block;
}

void *mi_expand(void *p, size_t newsize) {
    return mip_expand(p, newsize);
}
