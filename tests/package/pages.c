/* SPDX-License-Identifier: MIT */
/* Preloaded, makes a kernel with larger pages of this one: FAKED_PAGE_SIZE bytes.  The page size is
   told so, what is mapped begins on such a page, lengths are rounded up to whole pages, and an
   address that is not a page's is refused, as that kernel would.  Only for calls of the program and
   of this library: the C library's own go past it. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SMALL = 4096 }; /* a page of this machine's kernel */

typedef long syscall_function(long number, ...);

static size_t page_size;
static syscall_function *kernel;

/* Before any constructor, from whoever comes first; no environment is needed for the fall-back. */
static void start(void) {
    if (kernel == NULL) {
        const char *text = getenv("FAKED_PAGE_SIZE");
        page_size = text == NULL ? 65536 : strtoul(text, NULL, 10);
        kernel = (syscall_function *)(uintptr_t)dlsym(RTLD_NEXT, "syscall");
    }
}

static uintptr_t round_up(uintptr_t x) {
    return (x + page_size - 1) & ~(page_size - 1);
}

static bool is_page(uintptr_t x) {
    return x % page_size == 0;
}

static long refuse(int error) {
    errno = error;
    return -1;
}

/* Anywhere: cut from a longer mapping. */
static long map_anywhere(size_t length, long access, long flags, long file, long offset) {
    if (length + page_size < length)
        return refuse(ENOMEM);
    long got = kernel(SYS_mmap, 0L, length + page_size, access, flags, file, offset);
    if (got == -1)
        return got;
    uintptr_t start_at = (uintptr_t)got, aligned = round_up(start_at);
    if (aligned > start_at)
        kernel(SYS_munmap, start_at, aligned - start_at);
    if (start_at + page_size > aligned)
        kernel(SYS_munmap, aligned + length, start_at + page_size - aligned);
    return (long)aligned;
}

static long fake_mmap(uintptr_t address, size_t length, long access, long flags, long file,
                      long offset) {
    if (round_up(length) < length)
        return refuse(ENOMEM);
    length = round_up(length);
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))
        return is_page(address) ? kernel(SYS_mmap, address, length, access, flags, file, offset)
                                : refuse(EINVAL);
    if (address != 0) {
        long got =
            kernel(SYS_mmap, address & ~(page_size - 1), length, access, flags, file, offset);
        if (got == -1 || is_page((uintptr_t)got))
            return got;
        kernel(SYS_munmap, got, length);
    }
    return map_anywhere(length, access, flags, file, offset);
}

static long fake_mremap(uintptr_t address, size_t old, size_t length, long flags, uintptr_t to) {
    if (!is_page(address) || ((flags & MREMAP_FIXED) && !is_page(to)))
        return refuse(EINVAL);
    if ((flags & MREMAP_MAYMOVE) && !(flags & MREMAP_FIXED))
        flags &= ~(long)MREMAP_MAYMOVE; /* where it would come to lie is not ours to choose */
    return kernel(SYS_mremap, address, round_up(old), round_up(length), flags, to);
}

/* A large page is mapped when one of its small ones is. */
static long fake_msync(uintptr_t address, size_t length, long flags) {
    if (!is_page(address))
        return refuse(EINVAL);
    for (uintptr_t page = address; page - address < length; page += page_size) {
        bool is_mapped = false;
        for (uintptr_t small = page; small - page < page_size && !is_mapped; small += SMALL)
            is_mapped = kernel(SYS_msync, small, (size_t)SMALL, flags) == 0;
        if (!is_mapped)
            return refuse(ENOMEM);
    }
    return 0;
}

/* Sizes in pages, which are larger now. */
static long fake_statm(void) {
    char text[256], *p = text;
    long file = kernel(SYS_openat, (long)AT_FDCWD, "/proc/self/statm", (long)O_RDONLY, 0L);
    long length = file < 0 ? -1 : kernel(SYS_read, file, text, sizeof(text) - 1);
    if (file >= 0)
        kernel(SYS_close, file);
    if (length < 0)
        return -1;
    text[length] = '\0';
    file = memfd_create("statm", MFD_CLOEXEC);
    for (char *end; file >= 0; p = end) {
        size_t small = strtoul(p, &end, 10);
        if (end == p)
            break;
        dprintf((int)file, "%zu ", round_up(small * SMALL) / page_size);
    }
    if (file >= 0)
        lseek((int)file, 0, SEEK_SET);
    return file;
}

long syscall(long number, ...) {
    long a[6];
    va_list args;
    start();
    va_start(args, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    switch (number) {
    case SYS_openat:
        if (strcmp((const char *)a[1], "/proc/self/statm") == 0)
            return fake_statm();
        return kernel(number, a[0], a[1], a[2], a[3]);
    case SYS_mmap:
        return fake_mmap((uintptr_t)a[0], (size_t)a[1], a[2], a[3], a[4], a[5]);
    case SYS_mremap:
        return fake_mremap((uintptr_t)a[0], (size_t)a[1], (size_t)a[2], a[3], (uintptr_t)a[4]);
    case SYS_msync:
        return fake_msync((uintptr_t)a[0], (size_t)a[1], a[2]);
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_madvise:
    case SYS_mlock:
    case SYS_munlock:
        if (!is_page((uintptr_t)a[0]))
            return refuse(EINVAL);
        return kernel(number, a[0], round_up((size_t)a[1]), a[2]);
    default:
        return kernel(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}

/* The same by their names, which tests use. */
void *mmap(void *address, size_t length, int access, int flags, int file, off_t offset) {
    return (void *)syscall(SYS_mmap, address, length, (long)access, (long)flags, (long)file,
                           (long)offset);
}

void *mmap64(void *address, size_t length, int access, int flags, int file, off64_t offset) {
    return mmap(address, length, access, flags, file, (off_t)offset);
}

int munmap(void *address, size_t length) {
    return (int)syscall(SYS_munmap, address, length, 0L, 0L, 0L, 0L);
}

int mprotect(void *address, size_t length, int access) {
    return (int)syscall(SYS_mprotect, address, length, (long)access, 0L, 0L, 0L);
}

int madvise(void *address, size_t length, int advice) {
    return (int)syscall(SYS_madvise, address, length, (long)advice, 0L, 0L, 0L);
}

int msync(void *address, size_t length, int flags) {
    return (int)syscall(SYS_msync, address, length, (long)flags, 0L, 0L, 0L);
}

int mlock(const void *address, size_t length) {
    return (int)syscall(SYS_mlock, address, length, 0L, 0L, 0L, 0L);
}

/* A large page is there when one of its small ones is. */
int mincore(void *address, size_t length, unsigned char *present) {
    unsigned char small[SMALL];
    start();
    size_t ratio = page_size / SMALL, count = round_up(length) / page_size;
    if (!is_page((uintptr_t)address) || ratio > sizeof(small))
        return (int)refuse(EINVAL);
    for (size_t i = 0; i < count; i++) {
        if (kernel(SYS_mincore, (char *)address + i * page_size, page_size, small) != 0)
            return -1;
        present[i] = 0;
        for (size_t j = 0; j < ratio; j++)
            present[i] |= small[j] & 1;
    }
    return 0;
}

unsigned long getauxval(unsigned long type) {
    static unsigned long (*real)(unsigned long);
    start();
    if (type == AT_PAGESZ)
        return page_size;
    if (real == NULL)
        real = (unsigned long (*)(unsigned long))(uintptr_t)dlsym(RTLD_NEXT, "getauxval");
    return real(type);
}

long sysconf(int name) {
    static long (*real)(int);
    start();
    if (name == _SC_PAGESIZE)
        return (long)page_size;
    if (real == NULL)
        real = (long (*)(int))(uintptr_t)dlsym(RTLD_NEXT, "sysconf");
    return real(name);
}

int getpagesize(void) {
    start();
    return (int)page_size;
}

FILE *fopen(const char *path, const char *mode) {
    static FILE *(*real)(const char *, const char *);
    start();
    if (strcmp(path, "/proc/self/statm") == 0)
        return fdopen((int)fake_statm(), mode);
    if (real == NULL)
        real = (FILE * (*)(const char *, const char *))(uintptr_t)dlsym(RTLD_NEXT, "fopen");
    return real(path, mode);
}
