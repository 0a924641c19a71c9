/* SPDX-License-Identifier: MIT */
/* Room os: what the machine is, time, randomness, usage, output and the environment.  Owns
   mip_os_info.  Never allocates; files are read by system calls of our own, which are no
   cancellation points and cannot be interposed.  Any thread; all but mip_os_getenv are
   async-signal-safe. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "os.h"

#include "../bits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#endif

/* Calls that are cancellation points in the C library. */
#ifdef __linux__
#define call_write(fd, text, size) ((ssize_t)syscall(SYS_write, (long)(fd), (text), (size)))
#define call_read(fd, buffer, size) ((ssize_t)syscall(SYS_read, (long)(fd), (buffer), (size)))
#define call_open(path)                                                                            \
    ((int)syscall(SYS_openat, (long)AT_FDCWD, (path), (long)(O_RDONLY | O_CLOEXEC), 0L))
#define call_close(fd) ((void)syscall(SYS_close, (long)(fd)))
#else
#define call_write(fd, text, size) write((fd), (text), (size))
#define call_read(fd, buffer, size) read((fd), (buffer), (size))
#define call_open(path) open((path), O_RDONLY | O_CLOEXEC)
#define call_close(fd) ((void)close(fd))
#endif

struct mip_os_info mip_os_info;

static size_t page_size(void) {
#ifdef __linux__
    unsigned long size = getauxval(AT_PAGESZ);
    if (size != 0) {
        return (size_t)size;
    }
#endif
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* The kernel says it in a file only, which is not worth three system calls at every start: it is
   what one page of the lowest level of page tables maps. */
static size_t huge_page_size(size_t small) {
#if defined(__aarch64__)
    return small * (small / 8);
#elif defined(__s390x__)
    (void)small;
    return MIP_MIB;
#else
    (void)small;
    return 2 * MIP_MIB;
#endif
}

static size_t clamp(uint64_t value) {
    return value > SIZE_MAX ? SIZE_MAX : (size_t)value;
}

static size_t memory_size(size_t small) {
#ifdef __linux__
    struct sysinfo info;
    (void)small;
    if (syscall(SYS_sysinfo, &info) == 0) {
        return clamp(((uint64_t)info.totalram + info.totalswap) * info.mem_unit);
    }
#elif defined(_SC_PHYS_PAGES)
    long pages = sysconf(_SC_PHYS_PAGES);
    if (pages > 0) {
        return clamp((uint64_t)pages * small);
    }
#else
    (void)small;
#endif
    return SIZE_MAX;
}

static size_t address_limit(void) {
#if defined(__linux__) && defined(SYS_prlimit64)
    struct {
        uint64_t soft, hard;
    } limit;
    if (syscall(SYS_prlimit64, 0L, (long)RLIMIT_AS, NULL, &limit) == 0) {
        return clamp(limit.soft);
    }
#elif defined(RLIMIT_AS)
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        return clamp((uint64_t)limit.rlim_cur);
    }
#endif
    return SIZE_MAX;
}

/* Callers that meet here store the same values.  The page size is stored last: who sees it sees the
   rest. */
void mip_os_init(void) {
    if (mip_os_info.page_size != 0)
        return;
    size_t small = page_size();
    mip_os_info.huge_page_size = huge_page_size(small);
    mip_os_info.memory_size = memory_size(small);
    mip_os_info.address_limit = address_limit();
    mip_os_info.page_size = small;
}

uint64_t mip_os_clock_ms(void) {
    struct timespec now = {0, 0};
#ifdef CLOCK_MONOTONIC_COARSE
    if (clock_gettime(CLOCK_MONOTONIC_COARSE, &now) != 0)
#endif
    {
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    }
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* As much of the file as fits; how much that was. */
static size_t read_file(const char *path, char *buffer, size_t size) {
    size_t length = 0;
    ssize_t got;
    int fd = call_open(path);
    if (fd < 0) {
        return 0;
    }
    while (length < size) {
        got = call_read(fd, buffer + length, size - length);
        if (got > 0) {
            length += (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            break;
        }
    }
    call_close(fd);
    return length;
}

/* The last number of a list such as "0-3,8". */
unsigned mip_os_node_count(void) {
    unsigned last = 0;
#ifdef __linux__
    int saved = errno; /* where there is no /sys */
    char text[256];
    size_t length = read_file("/sys/devices/system/node/online", text, sizeof(text));
    for (size_t i = 0; i < length; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        bool begins = i == 0 || text[i - 1] < '0' || text[i - 1] > '9';
        if (is_digit) {
            last = (begins ? 0 : last * 10) + (unsigned)(text[i] - '0');
        }
    }
    errno = saved;
#endif
    return last + 1;
}

static bool random_from_kernel(void *buffer, size_t size) {
#if defined(HAVE_GETRANDOM) && defined(__linux__) && defined(SYS_getrandom)
    enum { NONBLOCK = 1 };
    size_t length = 0;
    while (length < size) {
        long got = syscall(SYS_getrandom, (char *)buffer + length, size - length, (long)NONBLOCK);
        if (got > 0) {
            length += (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
#else
    (void)buffer, (void)size;
    return false;
#endif
}

/* The kernel leaves 16 random bytes to every program it starts.  The C library's stack protector
   lives on them too, so they are never handed out as they are. */
static bool random_from_start(void *buffer, size_t size) {
#ifdef __linux__
    static uint32_t a_calls;
    const void *seed = (const void *)getauxval(AT_RANDOM);
    unsigned char *out = buffer;
    uint64_t words[2], mixed;
    struct timespec now = {0, 0};
    if (seed == NULL) {
        return false;
    }
    memcpy(words, seed, sizeof(words));
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    words[0] += ((uint64_t)now.tv_sec << 32) ^ (uint64_t)now.tv_nsec;
    words[1] += (uint64_t)__atomic_fetch_add(&a_calls, 1, __ATOMIC_RELAXED) << 32;
    for (size_t i = 0; i < size; i++) {
        mixed = words[0] + (words[1] + i) * 0x9e3779b97f4a7c15u;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
        words[0] ^= mixed;
        out[i] = (unsigned char)(mixed >> 56);
    }
    return true;
#else
    (void)buffer, (void)size;
    return false;
#endif
}

bool mip_os_random(void *buffer, size_t size) {
    return random_from_kernel(buffer, size) || read_file("/dev/urandom", buffer, size) == size ||
           random_from_start(buffer, size);
}

/* The text comes from inside malloc: a pipe that is full for now is waited for a little only. */
void mip_os_write(int fd, const char *text, size_t size) {
    enum { PATIENCE = 100 };
    int saved_errno = errno;
    int waits = 0;
    while (size > 0) {
        ssize_t written = call_write(fd, text, size);
        if (written > 0) {
            text += written;
            size -= (size_t)written;
        } else if (written < 0 && errno == EAGAIN && waits < PATIENCE) {
            waits++;
            mip_os_yield();
        } else if (written == 0 || errno != EINTR) {
            break;
        }
    }
    errno = saved_errno;
}

bool mip_os_is_open(int fd) {
    int saved_errno = errno;
    bool is_open = fcntl(fd, F_GETFD) != -1 || errno != EBADF;
    errno = saved_errno;
    return is_open;
}

static uint64_t milliseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_usec / 1000;
}

/* The second number of the line: resident pages. */
static size_t resident_now(void) {
    char text[128];
    size_t pages = 0;
    size_t length = read_file("/proc/self/statm", text, sizeof(text) - 1);
    const char *p = text;
    text[length] = '\0';
    while (*p != '\0' && *p != ' ') {
        p++;
    }
    for (p += (*p == ' '); *p >= '0' && *p <= '9'; p++) {
        pages = pages * 10 + (size_t)(*p - '0');
    }
    return pages * page_size();
}

/* The greatest resident memory since exec, bytes; 0 where the kernel does not tell. */
static size_t resident_peak(void) {
    static const char key[] = "VmHWM:";
    char text[4096];
    size_t kilobytes = 0;
    size_t length = read_file("/proc/self/status", text, sizeof(text) - 1);
    text[length] = '\0';
    for (const char *p = text; *p != '\0'; p++) {
        if ((p == text || p[-1] == '\n') && strncmp(p, key, sizeof(key) - 1) == 0) {
            for (p += sizeof(key) - 1; *p == ' ' || *p == '\t';) {
                p++;
            }
            for (; *p >= '0' && *p <= '9'; p++) {
                kilobytes = kilobytes * 10 + (size_t)(*p - '0');
            }
            break;
        }
    }
    return kilobytes * MIP_KIB;
}

void mip_os_usage(struct mip_os_usage *usage) {
    struct rusage told;
    int saved = errno; /* there need not be a /proc */
    memset(usage, 0, sizeof(*usage));
    if (getrusage(RUSAGE_SELF, &told) == 0) {
        usage->user_ms = milliseconds(told.ru_utime);
        usage->system_ms = milliseconds(told.ru_stime);
        usage->peak_resident = (size_t)told.ru_maxrss * MIP_KIB;
        usage->minor_faults = (size_t)told.ru_minflt;
        usage->major_faults = (size_t)told.ru_majflt;
    }
    /* The kernel's figure is inherited over exec: that of the memory itself is not. */
    size_t peak = resident_peak();
    if (peak != 0) {
        usage->peak_resident = peak;
    }
    usage->current_resident = resident_now();
    if (usage->current_resident == 0) {
        usage->current_resident = usage->peak_resident;
    }
    /* The kernel updates the peak now and then only. */
    usage->peak_resident = mip_max(usage->peak_resident, usage->current_resident);
    errno = saved;
}

/* Where the kernel's answer cannot be read, which also says the page size, the answer is yes. */
static bool is_privileged(void) {
#ifdef __linux__
    return getauxval(AT_SECURE) != 0 || getauxval(AT_PAGESZ) == 0;
#else
    return getuid() != geteuid() || getgid() != getegid();
#endif
}

const char *mip_os_getenv(const char *name) {
#ifdef HAVE_SECURE_GETENV
    return secure_getenv(name);
#else
    return is_privileged() ? NULL : getenv(name);
#endif
}

extern char **environ;

char *const *mip_os_environment(void) {
    return environ == NULL || is_privileged() ? NULL : environ;
}

/* The GNU loader knows where the first stack began: there lies argc, then argv up to a NULL, then
   the environment.  In static programs the same name means another place, which is refused. */
char *const *mip_os_first_environment(void) {
#if defined(__linux__) && defined(__GLIBC__)
    enum { ARGUMENTS_MAX = 1 << 24 };
    extern void *__libc_stack_end MIP_WEAK;
    const long *stack = &__libc_stack_end == NULL ? NULL : __libc_stack_end;
    if (stack == NULL || is_privileged() || *stack < 0 || *stack > ARGUMENTS_MAX) {
        return NULL;
    }
    char *const *arguments = (char *const *)(stack + 1);
    return arguments[*stack] != NULL ? NULL : arguments + *stack + 1;
#else
    return NULL;
#endif
}
