/* SPDX-License-Identifier: MIT */
/* Room os: address space and memory.  Owns no state but a hint where the next aligned range may
   fit and two flags for advice that the kernel does not know.  Never allocates, never speaks.
   Any thread, async-signal-safe. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "os.h"

#include "../atomic.h"
#include "../bits.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/* Straight to the kernel, past interposers, which must not be called before start-up is over.
   Elsewhere the C library's functions do it: with 32-bit words (mmap counts its offset in pages),
   on s390x (mmap takes its arguments in memory), and under the thread sanitizer, which has to see
   memory come and go. */
#if defined(__linux__) && defined(SYS_mmap) && __SIZEOF_POINTER__ == 8 && !defined(__s390x__) &&   \
    !MIP_HAS_TSAN
#define call_mmap(address, size, access, flags)                                                    \
    ((void *)syscall(SYS_mmap, (address), (size), (long)(access), (long)(flags), -1L, 0L))
#define call_munmap(address, size) ((int)syscall(SYS_munmap, (address), (size)))
#define call_mprotect(address, size, access)                                                       \
    ((int)syscall(SYS_mprotect, (address), (size), (long)(access)))
#define call_madvise(address, size, advice)                                                        \
    ((int)syscall(SYS_madvise, (address), (size), (long)(advice)))
#define call_mremap(address, old_size, new_size, flags, to)                                        \
    ((void *)syscall(SYS_mremap, (address), (old_size), (new_size), (long)(flags), (to)))
#else
#define call_mmap(address, size, access, flags) mmap((address), (size), (access), (flags), -1, 0)
#define call_munmap(address, size) munmap((address), (size))
#define call_mprotect(address, size, access) mprotect((address), (size), (access))
#define call_madvise(address, size, advice) madvise((address), (size), (advice))
#define call_mremap(address, old_size, new_size, flags, to)                                        \
    mremap((address), (old_size), (new_size), (flags), (to))
#endif

/* What the system lacks becomes 0 (a flag that asks for nothing) or an advice that is never
   given. */
#if HAVE_DECL_MAP_NORESERVE
enum { FLAG_NORESERVE = MAP_NORESERVE };
#else
enum { FLAG_NORESERVE = 0 };
#endif
#if HAVE_DECL_MAP_FIXED_NOREPLACE
enum { FLAG_NOREPLACE = MAP_FIXED_NOREPLACE };
#else
enum { FLAG_NOREPLACE = 0 };
#endif
#if HAVE_DECL_MAP_HUGETLB
enum { FLAG_HUGETLB = MAP_HUGETLB };
#else
enum { FLAG_HUGETLB = 0 };
#endif
enum { NO_ADVICE = -1 };
/* Only Linux promises that memory reads as zero after MADV_DONTNEED. */
#if HAVE_DECL_MADV_DONTNEED && defined(__linux__)
enum { ADVICE_PURGE = MADV_DONTNEED, PURGE_GIVES_ZERO = 1 };
#elif HAVE_DECL_MADV_FREE
enum { ADVICE_PURGE = MADV_FREE, PURGE_GIVES_ZERO = 0 };
#else
enum { ADVICE_PURGE = NO_ADVICE, PURGE_GIVES_ZERO = 0 };
#endif
#if HAVE_DECL_MADV_HUGEPAGE
enum { ADVICE_HUGE = MADV_HUGEPAGE };
#else
enum { ADVICE_HUGE = NO_ADVICE };
#endif
#if HAVE_DECL_MADV_NOHUGEPAGE
enum { ADVICE_NO_HUGE = MADV_NOHUGEPAGE };
#else
enum { ADVICE_NO_HUGE = NO_ADVICE };
#endif
#if HAVE_DECL_MADV_POPULATE_WRITE
enum { ADVICE_POPULATE = MADV_POPULATE_WRITE };
#else
enum { ADVICE_POPULATE = NO_ADVICE };
#endif
#ifdef MADV_NORMAL
enum { ADVICE_NONE = MADV_NORMAL };
#else
enum { ADVICE_NONE = NO_ADVICE };
#endif

enum { ACCESS_NONE = PROT_NONE, ACCESS_ALL = PROT_READ | PROT_WRITE };
enum { FLAGS_ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };

int (*mip_os_fault_hook)(enum mip_os_call call);

/* Advice the kernel once called invalid is not given again. */
static _Atomic(bool) a_populate_unknown, a_names_nothing;

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

void *mip_os_map(void *hint, size_t size, size_t alignment) {
    return map_aligned(hint, size, alignment, ACCESS_ALL, FLAGS_ANONYMOUS);
}

bool mip_os_commit(void *address, size_t size) {
    return set_access(address, size, ACCESS_ALL);
}

/* Where there is a choice, not one mmap over the range: when that fails, some kernels leave a hole
   there, into which anybody's next mapping may fall. */
bool mip_os_decommit(void *address, size_t size) {
    if (!PURGE_GIVES_ZERO) {
        return map(address, size, ACCESS_NONE, FLAGS_ANONYMOUS | FLAG_NORESERVE | MAP_FIXED) !=
               NULL;
    }
    return advise(address, size, ADVICE_PURGE) && set_access(address, size, ACCESS_NONE);
}

bool mip_os_renounce(void *address, size_t size) {
    if (map(address, size, ACCESS_NONE, FLAGS_ANONYMOUS | FLAG_NORESERVE | MAP_FIXED) != NULL) {
        return true;
    }
    /* A kernel that knows beforehand that there are too many mappings left all as it was; one that
       unmapped first left a hole, where this advice fails. */
    return advise(address, size, ADVICE_NONE);
}

bool mip_os_protect(void *address, size_t size) {
    return set_access(address, size, ACCESS_NONE);
}

bool mip_os_purge(void *address, size_t size) {
    return advise(address, size, ADVICE_PURGE) && PURGE_GIVES_ZERO;
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

/* Shrinking in place is what munmap does, and is left to it: qemu 7.2, as a processor with 32 bits,
   does mremap so that what is mapped behind the old end is lost. */
void *mip_os_remap(void *address, size_t old_size, size_t new_size, void *to) {
    void *result;
    if (to == NULL && new_size <= old_size) {
        char *end = (char *)address + new_size;
        return new_size == old_size || unmap(end, old_size - new_size) ? address : NULL;
    }
    result = remap_by_kernel(address, old_size, new_size, to);
    if (result == NULL && (errno == ENOSYS || errno == EPERM)) {
        result = remap_by_copy(address, old_size, new_size, to);
    }
    if (result != NULL && result != address) {
        raise_hint(address, old_size);
    }
    return result;
}

void mip_os_name(void *address, size_t size, const char *name) {
#if HAVE_DECL_PR_SET_VMA_ANON_NAME
    if (mip_load_relaxed(&a_names_nothing)) {
        return;
    }
    if (prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, (unsigned long)address, (unsigned long)size,
              (unsigned long)name) != 0 &&
        errno == EINVAL) {
        mip_store_relaxed(&a_names_nothing, true);
    }
#else
    (void)address, (void)size, (void)name;
#endif
}

void mip_os_end_names(void) {
    mip_store_relaxed(&a_names_nothing, true);
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

void mip_os_prefer_node(void *address, size_t size, unsigned node) {
#if defined(__linux__) && defined(SYS_mbind)
    enum { PREFERRED = 1 };
    unsigned long nodes[16] = {0};
    if (node < sizeof(nodes) * 8) {
        nodes[node / MIP_WORD_BITS] = 1ul << (node % MIP_WORD_BITS);
        (void)syscall(SYS_mbind, address, size, (long)PREFERRED, nodes, (long)sizeof(nodes) * 8,
                      0L);
    }
#else
    (void)address, (void)size, (void)node;
#endif
}
