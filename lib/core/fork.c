/* SPDX-License-Identifier: MIT */
/* Floor 4, core: fork.  Nothing waits: every lock here is a try-lock, and the child has one
   thread.  In the child, what other threads owned is sorted out:
   - a record whose thread was inside a slow path (a_busy) may be in any state: it is DEAD, never
     adopted; blocks freed into it are accepted and dropped.  So is one that somebody had locked.
   - any other record is parked.  Its thread may have been in the middle of a fast path.  What it
     had done is a prefix of its stores in program order (the kernel interrupts the other
     processors to share their pages), and the code orders them, with fences for the compiler, so
     that each block is on one list or on none and every list can be walked.  So the counts are made
   again from the lists (mip_recount) when somebody first locks the record; a block that was on its
   way stays in use.
   - the forking thread's own record needs nothing, even when fork was called by a signal handler
     that interrupted an allocation: that allocation goes on in both processes. */
#include <unistd.h>

#include "../base/random.h"
#include "../os/os.h"
#include "arena.h"
#include "fast.h"
#include "meta.h"

static void fork_child(void) {
    struct thread *self = mip_thread_self();
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record) {
        if (t == self)
            continue;
        uint32_t state = mip_load_relaxed(&t->a_state);
        if (state == RECORD_BUSY || (state == RECORD_ACTIVE && mip_load_relaxed(&t->a_busy) != 0))
            mip_store_relaxed(&t->a_state, RECORD_DEAD);
        else if (state == RECORD_ACTIVE)
            mip_thread_park_dead(t);
    }
    mip_page_fork_child();
    mip_made_fork_child();
    mip_arena_fork_child();
    mip_random_reseed((uint64_t)getpid());
}

void mip_fork_init(void) {
    mip_os_fork_hooks(NULL, NULL, fork_child);
}

static void recount_page(struct heap *heap, struct page *page) {
    uint32_t free_count = mip_page_list_length(page, page->local);
    if (page->state == PAGE_FULL) {
        if (free_count == 0 && !(mip_page_flags(page) & PAGE_SINGLE)) {
            page->until_event = 1;
            return;
        }
        if (free_count == 0)
            return;
        mip_page_list_remove(mip_page_flags(page) & PAGE_MADE ? &heap->full_made : &heap->full,
                             page);
        page->state = PAGE_QUEUED;
        mip_page_list_push_back(&heap->queue[page->bin], page);
    }
    page->until_event = page->carved - free_count;
}

static void recount_list(struct heap *heap, struct page_list *list) {
    struct page *page = list->first;
    while (page != NULL) {
        struct page *next = page->next;
        recount_page(heap, page);
        page = next;
    }
}

static void recount_heap(struct heap *heap) {
    recount_list(heap, &heap->full);
    recount_list(heap, &heap->full_made);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        recount_list(heap, &heap->queue[bin]);
    heap->empty_slices = 0;
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (struct page *page = heap->queue[bin].first; page != NULL; page = page->next)
            heap->empty_slices += page->until_event == 0 ? page->slices : 0;
}

void mip_recount(struct thread *thread) {
    thread->needs_recount = false;
    mip_store_relaxed(&thread->a_busy, 0);
    thread->in_deferred = false;
    recount_heap(&thread->heap);
    for (struct heap *heap = thread->made; heap != NULL; heap = heap->next)
        recount_heap(heap);
    /* What the park of a living thread does. */
    mip_made_merge_all(thread);
    mip_flush_batches(thread);
    mip_heap_settle(&thread->heap, false);
}
