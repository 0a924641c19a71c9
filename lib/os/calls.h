/* SPDX-License-Identifier: MIT */
/* Room os, for memory.c: the system's calls about memory, and what they are told. */
#ifndef MIP_OS_CALLS_H
#define MIP_OS_CALLS_H

#include <sys/mman.h>
#include <unistd.h>

#ifdef __linux__
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

#endif
