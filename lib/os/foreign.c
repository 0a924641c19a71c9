/* SPDX-License-Identifier: MIT */
/* Room os: pointers of others, which may be anything.  Owns nothing, speaks never.  Any thread,
   async-signal-safe.  What is looked at may be unmapped by another thread meanwhile; that is as
   much an error of the program's as to use the memory. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "os.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

/* POSIX: ENOMEM for addresses of the range that are not mapped; nothing is written for MS_ASYNC. */
static bool is_mapped(uintptr_t address) {
    uintptr_t page = address & ~(uintptr_t)(mip_os_info.page_size - 1);
    return msync((void *)page, mip_os_info.page_size, MS_ASYNC) == 0;
}

/* The kernel copies the new mask before it looks at what is to be done with it, which is nothing
   it knows: EFAULT where there is nothing to read, else EINVAL; 0 for NULL, which is no mask to
   copy. */
static bool is_copied(uintptr_t address) {
#if defined(__linux__) && defined(SYS_rt_sigprocmask) && defined(_NSIG)
    return syscall(SYS_rt_sigprocmask, -1L, address, 0L, (long)(_NSIG / 8)) != 0 && errno != EFAULT;
#else
    (void)address;
    return true;
#endif
}

/* Both, since an emulator may look at what is to be done first. */
bool mip_os_is_readable(const void *address) {
    int saved = errno;
    uintptr_t first = (uintptr_t)address, last = first + (sizeof(uint64_t) - 1);
    bool is_readable = last > first && is_mapped(first) && is_mapped(last) && is_copied(first);
    errno = saved;
    return is_readable;
}

#ifdef __GLIBC__
/* Before a block lie two words: something else's, or how far the mapping reaches back, and the size
   with these bits.  The next block begins where this one ends, and tells that it is in use. */
enum { WORD = sizeof(size_t), HEAD = 2 * WORD };
enum { IS_BEFORE_IN_USE = 1, IS_MAPPING = 2, SIZE_BITS = 7 };

static bool read_word(uintptr_t address, size_t *word) {
    if (address % WORD != 0 || !mip_os_is_readable((void *)(address & ~(uintptr_t)7)))
        return false;
    memcpy(word, (const void *)address, sizeof(*word));
    return true;
}

static bool may_be_mapping(uintptr_t head, size_t before, size_t size) {
    size_t page_mask = mip_os_info.page_size - 1, in_page = (head + HEAD) & page_mask;
    before &= ~(size_t)(HEAD - 1);
    return (in_page & (in_page - 1)) == 0 && size > page_mask && before <= head &&
           ((head - before) & page_mask) == 0 && ((before + size) & page_mask) == 0 &&
           head + size > head && mip_os_is_readable((void *)(head - before)) &&
           mip_os_is_readable((void *)(head + size - HEAD));
}

bool mip_os_may_be_libc_block(const void *p) {
    uintptr_t head = (uintptr_t)p - HEAD;
    size_t before, size, after;
    if ((uintptr_t)p % HEAD != 0 || (uintptr_t)p < HEAD || !read_word(head, &before) ||
        !read_word(head + WORD, &size))
        return false;
    size_t bits = size & SIZE_BITS;
    size -= bits;
    if (bits & IS_MAPPING)
        return may_be_mapping(head, before, size);
    return size >= 2 * HEAD && size % HEAD == 0 && head + size > head &&
           read_word(head + size + WORD, &after) && after > HEAD && (after & IS_BEFORE_IN_USE) != 0;
}
#else
bool mip_os_may_be_libc_block(const void *p) {
    return (uintptr_t)p % (2 * sizeof(size_t)) == 0 &&
           mip_os_is_readable((const char *)p - 2 * sizeof(size_t)) && mip_os_is_readable(p);
}
#endif
