/* SPDX-License-Identifier: MIT */
/* Floor 6, override: aligned allocation and sizes, by the names of C, POSIX and GNU. */
#include "../bits.h"
#include "../core/watched.h"
#include "../os/os.h"

#include <errno.h>
#include <stdlib.h>

/* Some C libraries declare these in <malloc.h>, some in <stdlib.h>, some in neither. */
void *memalign(size_t alignment, size_t size);
void *valloc(size_t size);

static void *allocate(size_t alignment, size_t size) {
    return mip_fast_malloc_aligned(size, alignment);
}

/* The result is the only way this function reports: errno and *result stay as they were. */
static MIP_NOINLINE int posix_memalign_slow(void **result, size_t alignment, size_t size) {
    if (!mip_is_power_of_two(alignment) || alignment % sizeof(void *) != 0) {
        return EINVAL;
    }
    int saved = errno;
    void *p = mip_heap_malloc_aligned(NULL, size, alignment, 0, false);
    if (p == NULL) {
        errno = saved;
        return ENOMEM;
    }
    *result = p;
    return 0;
}

MIP_EXPORT int posix_memalign(void **result, size_t alignment, size_t size) {
    void *p = mip_fast_pop_aligned(size, alignment, sizeof(void *));
    if (MIP_UNLIKELY(p == NULL)) {
        return posix_memalign_slow(result, alignment, size);
    }
    *result = p;
    return 0;
}

MIP_EXPORT void *aligned_alloc(size_t alignment, size_t size) {
    return allocate(alignment, size);
}

/* The GNU rule: what is no power of two counts as the next one, and 0 as no wish. */
MIP_EXPORT void *memalign(size_t alignment, size_t size) {
    if (alignment > SIZE_MAX / 2 + 1) {
        errno = EINVAL;
        return NULL;
    }
    if (alignment <= 1) {
        return mip_malloc(size);
    }
    return allocate((size_t)1 << (mip_highest_bit(alignment - 1) + 1), size);
}

/* May be the first call of a process, before the allocator has looked at the machine. */
static size_t page_size(void) {
    if (mip_os_info.page_size == 0) {
        mip_os_init();
    }
    return mip_os_info.page_size;
}

MIP_EXPORT void *valloc(size_t size) {
    return allocate(page_size(), size);
}

#ifdef HAVE_PVALLOC
void *pvalloc(size_t size);

MIP_EXPORT void *pvalloc(size_t size) {
    size_t page = page_size();
    size_t whole = size == 0 ? page : mip_round_up(size, page);
    return allocate(page, whole < size ? SIZE_MAX : whole);
}
#endif

#ifdef HAVE_MALLOC_USABLE_SIZE
size_t malloc_usable_size(void *p);

MIP_EXPORT size_t malloc_usable_size(void *p) {
    return mip_usable_size(p);
}
#endif
