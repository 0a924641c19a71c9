/* SPDX-License-Identifier: MIT */
/* Floor 3, core: see guard.h.  What was given back waits without memory in a small ring, from which
   a random one goes for each that comes. */
#include "guard.h"

#include <string.h>

#include "../atomic.h"
#include "../base/options.h"
#include "../base/random.h"
#include "../base/stats.h"
#include "../bits.h"
#include "../os/os.h"
#include "size.h"

enum {
    GUARDED_MAX = 12000, /* each is up to three mappings, and the kernel keeps about 65000 */
    GONE_COUNT = 32
};

static _Atomic(size_t) a_count; /* guarded blocks and those in the ring */

static struct gone {
    char *start;
    size_t room, before;
} gone[GONE_COUNT];
static unsigned last_gone;
static mip_flag a_lock; /* of the ring, for a moment; who finds it taken does without */

static bool try_lock(void) {
    enum { TRIES = 100 };
    int tries = 0;
    /* acquire: pairs with the release in unlock */
    while (tries < TRIES && mip_exchange_acquire(&a_lock, true))
        tries++;
    return tries < TRIES;
}

static void unlock(void) {
    mip_store_release(&a_lock, false);
}

void *mip_guard_map(size_t size, size_t room, size_t alignment) {
    size_t before = mip_max(alignment, SLICE_SIZE), total;
    if (mip_add_relaxed(&a_count, 1) >= GUARDED_MAX || mip_add_overflows(room, before, &total)) {
        mip_sub_relaxed(&a_count, 1);
        return NULL;
    }
    char *base = mip_os_reserve_accounted(NULL, total, before);
    if (base != NULL && !mip_os_commit(base + before, size)) {
        mip_os_release(base, total);
        base = NULL;
    }
    if (base == NULL) {
        mip_sub_relaxed(&a_count, 1);
        return NULL;
    }
    long large = mip_option_get(MIP_OPTION_LARGE_PAGES);
    if (large != 1)
        mip_os_advise_huge(base + before, size, large == 2);
    mip_stat_increase(MIP_STAT_MMAPS, 2);
    mip_stat_increase(MIP_STAT_RESERVED, room);
    mip_stat_increase(MIP_STAT_COMMITTED, size);
    return base + before;
}

static void release(const struct gone *old) {
    mip_os_release(old->start - old->before, old->room + old->before);
    mip_sub_relaxed(&a_count, 1);
}

/* Nobody may touch the range, nor does it count any more where what is promised does.  Refused: as
   locked memory is. */
static enum mip_os_answer close_range(void *start, size_t room) {
    enum mip_os_answer answer =
        mip_os_purge(start, room) ? mip_os_renounce(start, room) : MIP_OS_REFUSED;
    return answer == MIP_OS_REFUSED && mip_os_decommit(start, room) ? MIP_OS_DONE : answer;
}

void mip_guard_unmap(void *start, size_t size, size_t room, unsigned alignment_shift) {
    struct gone now = {start, room, mip_max((size_t)1 << alignment_shift, SLICE_SIZE)};
    mip_stat_increase(MIP_STAT_MMAPS, 3);
    mip_stat_decrease(MIP_STAT_RESERVED, room);
    mip_stat_decrease(MIP_STAT_COMMITTED, size);
    mip_stat_increase(MIP_STAT_RESET, size);
    /* Where addresses are few, none wait. */
    bool may_wait = mip_os_info.address_limit == SIZE_MAX && sizeof(void *) >= 8;
    enum mip_os_answer answer = may_wait ? close_range(start, room) : MIP_OS_REFUSED;
    if (answer == MIP_OS_LOST)
        now.room = 0; /* not ours any more; what lies before it is */
    if (answer != MIP_OS_DONE || !try_lock()) {
        release(&now);
        return;
    }
    /* Not the one before this: what went last stays. */
    last_gone = (last_gone + 1 + (unsigned)(mip_random() % (GONE_COUNT - 1))) % GONE_COUNT;
    struct gone *place = &gone[last_gone];
    struct gone old = *place;
    *place = now;
    unlock();
    if (old.start != NULL)
        release(&old);
}

void mip_guard_collect(void) {
    for (int i = 0; i < GONE_COUNT && try_lock(); i++) {
        struct gone old = gone[i];
        gone[i].start = NULL; /* first: the child of a fork in between gives nothing back twice */
        unlock();
        if (old.start != NULL)
            release(&old);
    }
}

bool mip_guard_was(const void *start) {
    bool found = false;
    if (!try_lock())
        return false;
    for (int i = 0; i < GONE_COUNT; i++)
        found = found || (gone[i].start != NULL && gone[i].start == start);
    unlock();
    return found;
}

/* A thread that is no more may have half written a place: what it named is left as it is. */
void mip_guard_fork_child(void) {
    if (mip_load_relaxed(&a_lock))
        memset(gone, 0, sizeof(gone));
    mip_store_relaxed(&a_lock, false);
}
