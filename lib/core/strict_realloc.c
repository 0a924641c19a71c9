/* SPDX-License-Identifier: MIT */
/* Floor 4, core: reallocation in variants with SLOTS.  What a zeroing call uncovers is zero, since
   it is cleared when it is uncovered. */
#include <errno.h>
#include <string.h>

#include "../os/os.h"
#include "core.h"
#include "fast.h"
#include "guard.h"
#include "strict.h"

/* Bytes from p on that the block could hold, one left for its end. */
static size_t room_of(const struct mip_found *found) {
    const struct page *page = found->page;
    size_t room = page->block_size - (size_t)(found->p - (char *)found->block);
    return room - !(mip_page_flags(found->page) & PAGE_GUARDED);
}

/* And not in much less than a new block would take. */
static bool is_in_place(const struct mip_found *found, size_t size, size_t alignment) {
    if (size == 0 || (mip_page_flags(found->page) & PAGE_CLOSED_OFF))
        return size == found->size;
    size_t room = room_of(found);
    size_t rounded = size + mip_min(alignment, NATURAL_ALIGNMENT_MAX);
    return size <= room && (rounded >= room / 2 || room <= 2 * GRANULE);
}

static void *fresh_block(struct heap *heap, size_t size, size_t alignment, size_t offset,
                         bool zero) {
    return alignment == 0 ? mip_strict_malloc(heap, size, zero)
                          : mip_strict_malloc_aligned(heap, size, alignment, offset, zero);
}

static void *move(const struct mip_found *found, void *fresh, size_t size) {
    if (fresh == NULL)
        return NULL;
    memcpy(fresh, found->p, mip_min(found->size, size));
    mip_strict_free_for("realloc", found->p);
    return fresh;
}

void *mip_strict_realloc(struct heap *heap, void *p, size_t size, size_t alignment, size_t offset,
                         bool zero) {
    if (p == NULL)
        return mip_strict_malloc(heap, size, zero);
    struct mip_found found = mip_strict_find("realloc", p);
    mip_strict_check_ends("realloc", &found);
    bool is_aligned = mip_is_aligned_at(p, alignment, offset);
    if (is_aligned && is_in_place(&found, size, alignment)) {
        mip_strict_resize(&found, size, zero);
        return p;
    }
    bool is_closed_off = (mip_page_flags(found.page) & PAGE_CLOSED_OFF) != 0;
    if (!is_aligned || size == 0 || is_closed_off || size > room_of(&found))
        return move(&found, fresh_block(heap, size, alignment, offset, zero), size);
    int saved = errno;
    void *result = move(&found, mip_strict_try(heap, size, alignment, offset, zero), size);
    if (result == NULL) {
        mip_strict_resize(&found, size, zero); /* no memory: it stays where it is */
        errno = saved;
        result = p;
    }
    return result;
}

void *mip_strict_expand(void *p, size_t size) {
    if (p == NULL || size > MIP_SIZE_MAX)
        return NULL;
    struct mip_found found = mip_strict_find("realloc", p);
    if (size == found.size)
        return p;
    if (size == 0 || (mip_page_flags(found.page) & PAGE_CLOSED_OFF) || size > room_of(&found))
        return size <= found.size ? p : NULL;
    mip_strict_check_ends("realloc", &found);
    mip_strict_resize(&found, size, false);
    return p;
}
