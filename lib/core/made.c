/* SPDX-License-Identifier: MIT */
/* Floor 4, core: heaps made by the program.  A heap allocates only in the thread that made it;
   that thread deletes and destroys it.  Heap records are type-stable: pages of a deleted heap go
   on naming it, and it forwards to the heap they were merged into, until the last is gone. */
#include <errno.h>

#include "../base/stats.h"
#include "arena.h"
#include "core.h"
#include "fast.h"

struct heap *mip_heap_new(unsigned arena) {
    int saved = errno;
    if (arena != 0 && mip_arena_at(arena - 1) == NULL) {
        errno = EINVAL;
        return NULL;
    }
    struct thread *thread = mip_thread_get();
    if (thread != NULL)
        mip_busy_enter(thread);
    struct heap *heap = thread == NULL ? NULL : mip_heap_record_take();
    if (heap == NULL) {
        if (thread != NULL)
            mip_busy_leave(thread);
        errno = ENOMEM;
        return NULL;
    }
    heap->is_made = true;
    heap->arena = arena;
    heap->thread = thread;
    heap->next = thread->made;
    if (heap->next != NULL)
        heap->next->previous = heap;
    thread->made = heap;
    mip_busy_leave(thread);
    mip_stat_increase(MIP_STAT_HEAPS, 1);
    errno = saved;
    return heap;
}

/* Not a heap that is dead already, or belongs to another thread. */
static bool may_end(struct heap *heap, const char *what) {
    if (heap == NULL || (!heap->is_made && !(CHECK_LEVEL > 0 && heap->thread == NULL)))
        return false;
    if (heap->is_made && heap->thread == mip_thread_self() &&
        mip_load_relaxed(&heap->a_forward) == NULL)
        return true;
    mip_heap_refuse(what, heap);
    return false;
}

void mip_heap_delete(struct heap *heap) {
    if (!may_end(heap, "mi_heap_delete"))
        return;
    int saved = errno;
    struct thread *thread = heap->thread;
    mip_busy_enter(thread);
    mip_made_merge(heap);
    mip_busy_leave(thread);
    errno = saved;
}

/* Live blocks of the page are counted as freed. */
static void note_destroyed(const struct page *page) {
    for (uint32_t left = COUNT_BLOCKS ? mip_page_used(page) : 0; left > 0; left--)
        mip_stat_bin_decrease(page->bin, page->block_size);
}

static void release_list(struct heap *heap, struct page_list *list) {
    while (list->first != NULL) {
        note_destroyed(list->first);
        mip_heap_release_page(heap, list->first);
    }
}

void mip_heap_destroy(struct heap *heap) {
    if (!may_end(heap, "mi_heap_destroy"))
        return;
    int saved = errno;
    struct thread *thread = heap->thread;
    mip_busy_enter(thread);
    mip_made_unlink(heap);
    if (SLOTS) {
        /* So that what is still in use is known, and nothing waits in the quarantine. */
        mip_heap_collect_made(heap, SIZE_MAX);
        mip_heap_settle(heap, true);
    }
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        heap->list[bin] = NULL;
        release_list(heap, &heap->queue[bin]);
    }
    release_list(heap, &heap->full);
    release_list(heap, &heap->full_made);
    mip_heap_record_give(heap);
    mip_busy_leave(thread);
    errno = saved;
}
