/* SPDX-License-Identifier: MIT */
/* Floor 4, core: fork.  Nothing waits: every lock here is a try-lock, and the child has one
   thread.  In the child, what other threads owned is sorted out:
   - a record whose thread was inside a slow path (a_busy) may be in any state: it is DEAD, never
     adopted; blocks freed into it are accepted and dropped.  So is one that somebody had locked.
   - any other record is parked.  Its thread may have been in the middle of a fast path.  What it
     had done is a prefix of its stores in program order, also on machines whose stores become
     visible in another order: the child's pages are those to which the parent could write until the
     kernel had made them read-only on all processors, and it has only when every store that found
     its page writable has been done; the first store of a thread that did not is one that it has
     not got past.  And the code orders the stores, with fences for the compiler, so that each block
     is on one list or on none and every list can be walked.  So the counts are made
   again from the lists (record.c), a portion whenever somebody comes to lock the record; a block
   that was on its way stays in use.
   - the forking thread's own record needs nothing, even when fork was called by a signal handler
     that interrupted an allocation: that allocation goes on in both processes. */
#include <unistd.h>

#include "../base/random.h"
#include "../os/os.h"
#include "arena.h"
#include "fast.h"

static void fork_child(void) {
    struct thread *self = mip_thread_self();
    /* A thread that has ended may use any record. */
    bool may_hold = self != NULL ? mip_load_relaxed(&self->a_busy) != 0 : mip_tls_self == TLS_DONE;
    mip_thread_fork_child(self, may_hold);
    mip_page_fork_child();
    mip_heap_fork_child();
    mip_arena_fork_child(may_hold);
    mip_provide_fork_child();
    mip_random_reseed((uint64_t)getpid());
}

void mip_fork_init(void) {
    mip_os_fork_hooks(NULL, NULL, fork_child);
}
