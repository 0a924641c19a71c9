/* SPDX-License-Identifier: MIT */
/* Chapter "block size returned": allocation that tells how much may be used.  Any thread. */
#include "api.h"

static void tell(size_t *block_size, size_t size) {
    if (block_size != NULL) {
        *block_size = size;
    }
}

static void *with_size(void *block, size_t *block_size) {
    if (block_size != NULL) {
        *block_size = mip_usable_size(block);
    }
    return block;
}

void *mi_umalloc(size_t size, size_t *block_size) {
    return with_size(mip_malloc(size), block_size);
}

void *mi_umalloc_small(size_t size, size_t *block_size) {
    return with_size(mip_malloc(size), block_size);
}

void *mi_uzalloc_small(size_t size, size_t *block_size) {
    return with_size(mip_zalloc(size), block_size);
}

void *mi_ucalloc(size_t count, size_t size, size_t *block_size) {
    return with_size(mip_zalloc(mip_total_of(count, size)), block_size);
}

void *mi_umalloc_aligned(size_t size, size_t alignment, size_t *block_size) {
    return with_size(mip_heap_malloc_aligned(NULL, size, alignment, 0, false), block_size);
}

void *mi_uzalloc_aligned(size_t size, size_t alignment, size_t *block_size) {
    return with_size(mip_heap_malloc_aligned(NULL, size, alignment, 0, true), block_size);
}

void *mi_urealloc(void *p, size_t newsize, size_t *block_size_pre, size_t *block_size_post) {
    tell(block_size_pre, block_size_pre != NULL ? mip_usable_size(p) : 0);
    return with_size(mip_heap_realloc(NULL, p, newsize, false), block_size_post);
}

void mi_ufree(void *p, size_t *block_size) {
    tell(block_size, block_size != NULL ? mip_usable_size(p) : 0);
    mip_free(p);
}
