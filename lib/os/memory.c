/* SPDX-License-Identifier: MIT */
/* Room os: address space and memory.  Owns no state but a hint where the next aligned range may
   fit and what is known of the kernel's answers to advice.  Never allocates, never speaks.
   Any thread, async-signal-safe. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "os.h"

#include "../atomic.h"
#include "../bits.h"
#include "calls.h"

#include <errno.h>
#include <string.h>

int (*mip_os_fault_hook)(enum mip_os_call call);

/* Advice the kernel once called invalid is not given again. */
static _Atomic(bool) a_populate_unknown;

/* Does memory that was purged read as zero? */
enum { PURGE_UNTRIED, PURGE_WORKS, PURGE_DOES_NOT };
static _Atomic(int) a_purge;

/* Below the range handed out last: the kernel fills its address space downwards, so that a range
   that must be aligned most often fits here at once.  Or below the end of one that was given back
   above that: who maps and unmaps for ever must not wander through the address space, since what
   keeps track of addresses grows with it. */
static _Atomic(uintptr_t) a_next_hint;

static bool is_faulted(enum mip_os_call call) {
    int error;
    if (MIP_LIKELY(mip_os_fault_hook == NULL)) {
        return false;
    }
    error = mip_os_fault_hook(call);
    if (error != 0) {
        errno = error;
    }
    return error != 0;
}

static void *map(void *hint, size_t size, int access, int flags) {
    void *address;
    if (is_faulted(MIP_OS_MMAP)) {
        return NULL;
    }
    address = call_mmap(hint, size, access, flags);
    return address == MAP_FAILED ? NULL : address;
}

static bool unmap(void *address, size_t size) {
    return !is_faulted(MIP_OS_MUNMAP) && call_munmap(address, size) == 0;
}

static bool set_access(void *address, size_t size, int access) {
    return !is_faulted(MIP_OS_MPROTECT) && call_mprotect(address, size, access) == 0;
}

static bool advise(void *address, size_t size, int advice) {
    if (advice == NO_ADVICE) {
        errno = ENOSYS;
        return false;
    }
    return !is_faulted(MIP_OS_MADVISE) && call_madvise(address, size, advice) == 0;
}

/* An emulator may answer that it has purged, and do nothing (qemu before 7.1), or nothing but for
   pages of the machine below, which may be longer.  So that is tried before it is believed.  Not
   by the calls above: it is no call of the caller's. */
static MIP_NOINLINE bool try_purge(void) {
    size_t page = mip_os_info.page_size;
    int saved = errno;
    bool works = false; /* and tried again, where there is no memory */
    char *pages = call_mmap(NULL, 2 * page, ACCESS_ALL, FLAGS_ANONYMOUS);
    if (pages != MAP_FAILED) {
        memset(pages, 1, 2 * page);
        works = call_madvise(pages + page, page, ADVICE_PURGE) != 0 || pages[page] == 0;
        (void)call_munmap(pages, 2 * page);
        mip_store_relaxed(&a_purge, works ? PURGE_WORKS : PURGE_DOES_NOT);
    }
    errno = saved;
    return works;
}

static bool purges(void) {
    int purge = mip_load_relaxed(&a_purge);
    return PURGE_GIVES_ZERO && (purge == PURGE_UNTRIED ? try_purge() : purge == PURGE_WORKS);
}

/* Exactly at `address`, or NULL.  A kernel that does not know the flag takes the address for a
   hint and may answer with another one. */
static void *map_exactly(void *address, size_t size, int access, int flags) {
    void *result = map(address, size, access, flags | FLAG_NOREPLACE);
    if (result != NULL && result != address) {
        unmap(result, size);
        errno = EEXIST;
        return NULL;
    }
    return result;
}

/* Map more than is asked for and cut the ends off.  An end that cannot be unmapped stays as it
   is: address space without memory. */
static MIP_NOINLINE void *map_and_trim(size_t size, size_t alignment, int access, int flags) {
    size_t whole_size, head_size, tail_size;
    uintptr_t start, aligned;
    if (mip_add_overflows(size, alignment - mip_os_info.page_size, &whole_size)) {
        errno = ENOMEM;
        return NULL;
    }
    start = (uintptr_t)map(NULL, whole_size, access, flags);
    if (start == 0) {
        return NULL;
    }
    aligned = mip_round_up(start, alignment);
    head_size = aligned - start;
    tail_size = whole_size - head_size - size;
    if (head_size != 0) {
        unmap((void *)start, head_size);
    }
    if (tail_size != 0) {
        unmap((void *)(aligned + size), tail_size);
    }
    return (void *)aligned;
}

/* One call when the hint is free or the kernel's choice happens to be aligned.  Else that choice
   is given back and the aligned address just below it tried, where there mostly is room (three
   calls); cutting from a larger range is the last resort.  A plain hint does here what
   MAP_FIXED_NOREPLACE would, and gives a range in any case. */
static void *map_aligned(void *hint, size_t size, size_t alignment, int access, int flags) {
    void *result, *below;
    uintptr_t next = mip_load_relaxed(&a_next_hint);
    if (hint == NULL && alignment > mip_os_info.page_size && next > size) {
        hint = (void *)mip_round_down(next - size, alignment);
    }
    result = map(hint, size, access, flags);
    if (result == NULL) {
        return NULL;
    }
    if (((uintptr_t)result & (alignment - 1)) != 0) {
        below = (void *)mip_round_down((uintptr_t)result, alignment);
        unmap(result, size);
        result = below == NULL ? NULL : map_exactly(below, size, access, flags);
        if (result == NULL) {
            result = map_and_trim(size, alignment, access, flags);
        }
    }
    if (result != NULL && alignment > mip_os_info.page_size) {
        mip_store_relaxed(&a_next_hint, (uintptr_t)result);
    }
    return result;
}

void *mip_os_reserve(void *hint, size_t size, size_t alignment) {
    return map_aligned(hint, size, alignment, ACCESS_NONE, FLAGS_ANONYMOUS | FLAG_NORESERVE);
}

void *mip_os_reserve_accounted(void *hint, size_t size, size_t alignment) {
    return map_aligned(hint, size, alignment, ACCESS_NONE, FLAGS_ANONYMOUS);
}

void *mip_os_map(void *hint, size_t size, size_t alignment) {
    return map_aligned(hint, size, alignment, ACCESS_ALL, FLAGS_ANONYMOUS);
}

bool mip_os_commit(void *address, size_t size) {
    return set_access(address, size, ACCESS_ALL);
}

/* Where there is a choice, not one mmap over the range: when that fails, some kernels leave a hole
   there, into which anybody's next mapping may fall. */
bool mip_os_decommit(void *address, size_t size) {
    if (!purges()) {
        return map(address, size, ACCESS_NONE, FLAGS_ANONYMOUS | FLAG_NORESERVE | MAP_FIXED) !=
               NULL;
    }
    return advise(address, size, ADVICE_PURGE) && set_access(address, size, ACCESS_NONE);
}

enum mip_os_answer mip_os_renounce(void *address, size_t size) {
    if (map(address, size, ACCESS_NONE, FLAGS_ANONYMOUS | FLAG_NORESERVE | MAP_FIXED) != NULL) {
        return MIP_OS_DONE;
    }
    /* A kernel that knows beforehand that there are too many mappings left all as it was; one that
       unmapped first left a hole, where this advice fails. */
    return advise(address, size, ADVICE_NONE) ? MIP_OS_REFUSED : MIP_OS_LOST;
}

bool mip_os_protect(void *address, size_t size) {
    return set_access(address, size, ACCESS_NONE);
}

bool mip_os_purge(void *address, size_t size) {
    return advise(address, size, ADVICE_PURGE) && purges();
}

void mip_os_advise_huge(void *address, size_t size, bool wanted) {
    (void)advise(address, size, wanted ? ADVICE_HUGE : ADVICE_NO_HUGE);
}

bool mip_os_populate(void *address, size_t size) {
    if (mip_load_relaxed(&a_populate_unknown)) {
        errno = EINVAL;
        return false;
    }
    if (advise(address, size, ADVICE_POPULATE)) {
        return true;
    }
    if (errno == EINVAL || errno == ENOSYS) {
        mip_store_relaxed(&a_populate_unknown, true);
    }
    return false;
}

static void raise_hint(const void *address, size_t size) {
    uintptr_t end = (uintptr_t)address + size, next = mip_load_relaxed(&a_next_hint);
    if (next != 0 && end > next) {
        mip_store_relaxed(&a_next_hint, end);
    }
}

bool mip_os_release(void *address, size_t size) {
    bool is_released = unmap(address, size);
    if (is_released) {
        raise_hint(address, size);
    }
    return is_released;
}

/* The kernel unmaps what lies at `to` before it knows whether the mapping can go there; when it
   then refuses, another thread's next mapping may be in that place, and would be lost if the
   reservation were given back.  So this is marked with what no other memory holds there: not
   another thread's reservation either, which it has marked for its own move. */
struct mark {
    uint32_t word[2];
};

static struct mark mark_of(const void *moving) {
    uint64_t number = (uintptr_t)moving / mip_os_info.page_size;
    return (struct mark){{(uint32_t)number ^ 0x6d6f7665u, (uint32_t)(number >> 32) ^ 0x6d61726bu}};
}

static bool set_mark(void *to, const void *moving) {
    if (!set_access(to, mip_os_info.page_size, ACCESS_ALL)) {
        return false;
    }
    *(struct mark *)to = mark_of(moving);
    return true;
}

static bool has_mark(const void *to, const void *moving) {
    const uint32_t *at = to;
    struct mark mark = mark_of(moving);
    return mip_os_holds(at, mark.word[0]) && mip_os_holds(at + 1, mark.word[1]);
}

static void *remap_by_kernel(void *address, size_t old_size, size_t new_size, void *to) {
#ifdef HAVE_MREMAP
    void *result;
    if (is_faulted(MIP_OS_MREMAP)) {
        return NULL;
    }
    result = call_mremap(address, old_size, new_size,
                         to == NULL ? 0 : MREMAP_MAYMOVE | MREMAP_FIXED, to);
    return result == MAP_FAILED ? NULL : result;
#else
    (void)address, (void)old_size, (void)new_size, (void)to;
    errno = ENOSYS;
    return NULL;
#endif
}

/* The same with the other calls: grow at the end when the addresses there are free, or copy.
   Should the old range not be unmapped after a copy, it is at least emptied. */
static MIP_NOINLINE void *remap_by_copy(void *address, size_t old_size, size_t new_size, void *to) {
    char *end = (char *)address + old_size;
    if (to != NULL) {
        if (!mip_os_commit(to, new_size)) {
            return NULL;
        }
        memcpy(to, address, old_size < new_size ? old_size : new_size);
        if (!unmap(address, old_size)) {
            (void)advise(address, old_size, ADVICE_PURGE);
        }
        return to;
    }
    return map_exactly(end, new_size - old_size, ACCESS_ALL, FLAGS_ANONYMOUS) != NULL ? address
                                                                                      : NULL;
}

static void give_back(void *reservation, size_t size) {
    int saved = errno;
    (void)mip_os_release(reservation, size);
    errno = saved;
}

/* Shrinking in place is what munmap does, and is left to it: qemu 7.2, as a processor with 32 bits,
   does mremap so that what is mapped behind the old end is lost. */
void *mip_os_remap(void *address, size_t old_size, size_t new_size, void *to) {
    void *result;
    bool is_refused;
    if (to == NULL && new_size <= old_size) {
        char *end = (char *)address + new_size;
        return new_size == old_size || unmap(end, old_size - new_size) ? address : NULL;
    }
    if (to != NULL && !set_mark(to, address)) {
        give_back(to, new_size);
        return NULL;
    }
    result = remap_by_kernel(address, old_size, new_size, to);
    is_refused = result == NULL && (errno == ENOSYS || errno == EPERM);
    if (is_refused) {
        result = remap_by_copy(address, old_size, new_size, to);
    }
    if (result == NULL && to != NULL && (is_refused || has_mark(to, address))) {
        give_back(to, new_size);
    }
    if (result != NULL && result != address) {
        raise_hint(address, old_size);
    }
    return result;
}

/* Pages of 1 GiB where the size is a multiple of that and the pool has them, else the pool's
   default size.  The kernel sets the pages aside when it maps, so that touching them later does
   not fail. */
void *mip_os_map_huge(void *at, size_t size) {
    static const int flag_gib = 30 << 26; /* log2 of the page size, above the other flags */
    static const int flags = FLAGS_ANONYMOUS | FLAG_HUGETLB;
    void *result = NULL;
    if (FLAG_HUGETLB == 0) {
        errno = ENOSYS;
        return NULL;
    }
    if (size % MIP_GIB == 0) {
        result = at == NULL ? map(NULL, size, ACCESS_ALL, flags | flag_gib)
                            : map_exactly(at, size, ACCESS_ALL, flags | flag_gib);
    }
    if (result == NULL) {
        result = at == NULL ? map(NULL, size, ACCESS_ALL, flags)
                            : map_exactly(at, size, ACCESS_ALL, flags);
    }
    return result;
}
