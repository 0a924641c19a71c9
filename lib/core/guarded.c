/* SPDX-License-Identifier: MIT */
/* Floor 4, core: large blocks with guards, each a page with a mapping of its own.  Other threads
   free them like blocks of made heaps, which writes nothing into them.  Part of the room heap. */
#include "../os/os.h"
#include "arena.h"
#include "guard.h"
#include "heap.h"

enum { GUARD_BEHIND = 1 << 21 };

void *mip_heap_malloc_guarded(struct heap *heap, size_t block_size, size_t alignment) {
    block_size = mip_max(block_size, mip_os_info.page_size);
    size_t behind = sizeof(void *) < 8 || mip_os_info.address_limit != SIZE_MAX
                        ? mip_os_info.page_size
                        : GUARD_BEHIND;
    size_t room;
    if (mip_add_overflows(block_size, behind, &room))
        return NULL;
    alignment = mip_max(alignment, SLICE_SIZE);
    char *start = mip_guard_map(block_size, room, alignment);
    if (start == NULL)
        return NULL;
    unsigned shift = mip_highest_bit(alignment);
    struct page *page =
        mip_page_new(heap->thread, heap, BIN_NONE, block_size, start, room, ARENA_NONE, true,
                     PAGE_SINGLE | PAGE_MAPPED | PAGE_GUARDED | PAGE_MADE);
    if (page == NULL) {
        mip_guard_unmap(start, block_size, room, shift);
        return NULL;
    }
    page->first = shift;
    heap->page_count++;
    mip_page_list_push_front(&heap->full_made, page);
    return start;
}
