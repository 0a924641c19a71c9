/* SPDX-License-Identifier: MIT */
/* Chapter "POSIX and libc": the shapes that C libraries give to allocation.  Any thread. */
#include "api.h"

#include "../base/report.h"
#include "../os/os.h"
#include "../variant.h"

#include <string.h>

int mi_posix_memalign(void **p, size_t alignment, size_t size) {
    int saved_errno = errno;
    int error = 0;
    void *block;
    if (p == NULL || !mip_is_power_of_two(alignment) || alignment % sizeof(void *) != 0) {
        return EINVAL;
    }
    block = mip_heap_malloc_aligned(NULL, size, alignment, 0, false);
    if (block == NULL) {
        error = ENOMEM; /* also for an alignment that is good, but more than there is */
    } else {
        *p = block;
    }
    errno = saved_errno;
    return error;
}

void *mi_memalign(size_t alignment, size_t size) {
    return mip_heap_malloc_aligned(NULL, size, alignment, 0, false);
}

void *mi_aligned_alloc(size_t alignment, size_t size) {
    return mip_heap_malloc_aligned(NULL, size, alignment, 0, false);
}

static size_t system_page_size(void) {
    if (MIP_UNLIKELY(mip_os_info.page_size == 0)) {
        mip_os_init();
    }
    return mip_os_info.page_size;
}

void *mi_valloc(size_t size) {
    return mip_heap_malloc_aligned(NULL, size, system_page_size(), 0, false);
}

void *mi_pvalloc(size_t size) {
    size_t page_size = system_page_size();
    size_t whole = size == 0 ? page_size : mip_round_up(size, page_size);
    if (whole < size) {
        whole = SIZE_MAX;
    }
    return mip_heap_malloc_aligned(NULL, whole, page_size, 0, false);
}

void *mi_reallocarray(void *p, size_t count, size_t size) {
    return mip_heap_realloc(NULL, p, mip_total_of(count, size), false);
}

/* The caller's pointer may have any type: memcpy reads and writes it whatever that is. */
int mi_reallocarr(void *p, size_t count, size_t size) {
    int saved_errno = errno;
    int error = 0;
    size_t total;
    void *block;
    if (p == NULL) {
        return EINVAL;
    }
    memcpy(&block, p, sizeof(block));
    block = mip_heap_realloc(NULL, block, mip_total_of(count, size), false);
    if (block == NULL) {
        error = mip_multiply_overflows(count, size, &total) ? EOVERFLOW : errno;
    } else {
        memcpy(p, &block, sizeof(block));
    }
    errno = saved_errno;
    return error;
}

void *mi_aligned_recalloc(void *p, size_t newcount, size_t size, size_t alignment) {
    return mip_heap_realloc_aligned(NULL, p, mip_total_of(newcount, size), alignment, 0, true);
}

void *mi_aligned_offset_recalloc(void *p, size_t newcount, size_t size, size_t alignment,
                                 size_t offset) {
    return mip_heap_realloc_aligned(NULL, p, mip_total_of(newcount, size), alignment, offset, true);
}

void *mi__expand(void *p, size_t newsize) {
    return mip_expand(p, newsize);
}

size_t mi_malloc_size(const void *p) {
    return mip_usable_size(p);
}

size_t mi_malloc_usable_size(const void *p) {
    return mip_usable_size(p);
}

size_t mi_malloc_good_size(size_t size) {
    return mip_good_size(size);
}

/* A size that the block cannot have, or an alignment it has not, means that the caller frees
   something else than it believes. */
static void check_promise(const void *p, size_t size, size_t alignment) {
    if (SLOTS) {
        mip_strict_check_promise(p, size, alignment);
    }
}

void mi_free_size(void *p, size_t size) {
    check_promise(p, size, 0);
    mip_fast_free(p);
}

void mi_free_size_aligned(void *p, size_t size, size_t alignment) {
    check_promise(p, size, alignment);
    mip_fast_free(p);
}

void mi_free_aligned(void *p, size_t alignment) {
    check_promise(p, 0, alignment);
    mip_fast_free(p);
}

void mi_free_small(void *p) {
    mip_fast_free(p);
}

void mi_cfree(void *p) {
    mip_fast_free(p);
}
