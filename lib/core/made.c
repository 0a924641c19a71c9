/* SPDX-License-Identifier: MIT */
/* Floor 4, core: heaps made by the program.  A heap allocates only in the thread that made it;
   that thread deletes and destroys it.  Heap records are type-stable: pages of a deleted heap go
   on naming it, and it forwards to the heap they were merged into, until the last is gone. */
#include <errno.h>
#include <string.h>

#include "../base/report.h"
#include "../base/stats.h"
#include "core.h"
#include "fast.h"
#include "meta.h"

static struct pool heap_pool = {.size = sizeof(struct heap)};

struct heap *mip_heap_new(void) {
    int saved = errno;
    struct thread *thread = mip_thread_get();
    bool is_fresh = false;
    if (thread != NULL)
        mip_busy_enter(thread);
    struct heap *heap = thread == NULL ? NULL : mip_pool_take(&heap_pool, &is_fresh);
    if (heap == NULL) {
        if (thread != NULL)
            mip_busy_leave(thread);
        errno = ENOMEM;
        return NULL;
    }
    if (!is_fresh)
        memset(heap, 0, sizeof(*heap));
    heap->is_made = true;
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

/* Take the heap off its thread's list. */
static void unlink_heap(struct heap *heap) {
    if (heap->previous != NULL)
        heap->previous->next = heap->next;
    else
        heap->thread->made = heap->next;
    if (heap->next != NULL)
        heap->next->previous = heap->previous;
    if (heap->thread->made_cursor == heap)
        heap->thread->made_cursor = heap->next;
    heap->next = heap->previous = NULL;
    if (heap->thread == mip_thread_self() && mip_tls_default() == heap)
        mip_tls_heap = (uintptr_t)&heap->thread->heap - (uintptr_t)&mip_root.empty_list;
    mip_stat_decrease(MIP_STAT_HEAPS, 1);
}

/* A heap that is dead already, or belongs to another thread, is the caller's fault: in checking
   variants that is said, and it is never acted on. */
static bool may_end(struct heap *heap, const char *what) {
    if (heap == NULL || !heap->is_made)
        return false;
    if (heap->thread == mip_thread_self() && heap->forward == NULL)
        return true;
    mip_error(EINVAL, "%s: the heap %p is not one of this thread", what, (void *)heap);
    return false;
}

static void merge_into_backing(struct heap *heap) {
    struct heap *backing = &heap->thread->heap;
    unlink_heap(heap);
    mip_heap_collect_made(heap, SIZE_MAX);
    mip_heap_merge(backing, heap);
    if (heap->page_count == 0)
        mip_made_page_gone(heap);
}

void mip_heap_delete(struct heap *heap) {
    if (!may_end(heap, "mi_heap_delete"))
        return;
    int saved = errno;
    struct thread *thread = heap->thread;
    mip_busy_enter(thread);
    merge_into_backing(heap);
    mip_busy_leave(thread);
    errno = saved;
}

/* The record is no heap any more: a second end of it is seen for what it is. */
static void give_back(struct heap *heap) {
    heap->is_made = false;
    heap->thread = NULL;
    mip_pool_give(&heap_pool, heap);
}

void mip_made_page_gone(struct heap *heap) {
    give_back(heap);
}

static void release_list(struct heap *heap, struct page_list *list) {
    while (list->first != NULL)
        mip_heap_release_page(heap, list->first);
}

void mip_heap_destroy(struct heap *heap) {
    if (!may_end(heap, "mi_heap_destroy"))
        return;
    int saved = errno;
    struct thread *thread = heap->thread;
    mip_busy_enter(thread);
    unlink_heap(heap);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        heap->list[bin] = NULL;
        release_list(heap, &heap->queue[bin]);
    }
    release_list(heap, &heap->full);
    release_list(heap, &heap->full_made);
    give_back(heap);
    mip_busy_leave(thread);
    errno = saved;
}

void mip_made_merge_all(struct thread *thread) {
    while (thread->made != NULL)
        merge_into_backing(thread->made);
}

void mip_made_fork_child(void) {
    mip_pool_fork_child(&heap_pool);
}
