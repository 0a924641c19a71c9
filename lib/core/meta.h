/* SPDX-License-Identifier: MIT */
/* Floor 3, core: memory for the allocator's own records.  It is never unmapped, and an object of a
   pool is only ever reused as an object of that pool (type-stable), so that a thread may read
   through a stale pointer to one.  Any thread, no lock that anybody waits for. */
#ifndef MIP_META_H
#define MIP_META_H

#include "../atomic.h"
#include "../compiler.h"

/* Zeroed, aligned to 128 bytes, never given back; NULL when the kernel has no memory. */
void *mip_meta_alloc(size_t size);

struct pool_item {
    struct pool_item *next;
};

/* A pool of objects of one size.  It has several lists, since only one thread pops from a list at a
   time (no ABA) and nobody waits: who finds his list locked goes to the next one, with what he
   gives back too, and tries all of them some times before he takes fresh memory.  Else threads that
   take and give all the time would do that at each encounter, without end. */
enum { POOL_LISTS = 8 };
struct pool_list {
    _Atomic(struct pool_item *) a_free;
    mip_flag a_lock;
};
struct pool {
    struct {
        MIP_ALIGNED(64) struct pool_list list; /* a cache line for each */
    } lists[POOL_LISTS];
    size_t size;
};

/* An object (contents: zero or whatever it held, but for its first word), or NULL.  *is_fresh:
   zero memory that never was an object. */
void *mip_pool_take(struct pool *pool, bool *is_fresh);
void mip_pool_give(struct pool *pool, void *object);

/* In the child after fork: a lock held by a thread that is no more is free. */
void mip_pool_fork_child(struct pool *pool);

#endif
