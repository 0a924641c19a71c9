/* SPDX-License-Identifier: MIT */
/* What the stress and fault programs share: a seeded generator, patterns that tell a block's bytes
   from everybody else's, resident memory, failure, and one set of names (t_*) that stands for the
   mi_* functions or, with -DSTRESS_LIBC, for those of the C library, so that the same program runs
   preloaded.  Nothing here allocates, but for the t_* names. */
#ifndef STRESS_SUPPORT_H
#define STRESS_SUPPORT_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../sanitized.h"

#ifdef STRESS_LIBC
#include <malloc.h>
enum { HAS_MI = 0 };
#else
#include <mimalloc.h>
enum { HAS_MI = 1 };
#endif

#define UNUSED __attribute__((unused))

/* Under a sanitizer resident memory says nothing about the allocator; nor is it the program's alone
   under an emulator (tests/package/emulated). */
UNUSED static bool is_resident_judged(void) {
    return !IS_SANITIZED && getenv("TEST_EMULATED") == NULL;
}
#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

#ifdef STRESS_LIBC
UNUSED static void *t_malloc(size_t size) {
    return malloc(size);
}

UNUSED static void *t_calloc(size_t count, size_t size) {
    return calloc(count, size);
}

UNUSED static void *t_zalloc(size_t size) {
    return calloc(1, size);
}

UNUSED static void *t_realloc(void *p, size_t size) {
    return realloc(p, size);
}

UNUSED static void *t_aligned(size_t size, size_t alignment) {
    void *p = NULL;
    size_t least = alignment < sizeof(void *) ? sizeof(void *) : alignment;
    int error = posix_memalign(&p, least, size);
    if (error != 0) {
        errno = error;
        return NULL;
    }
    return p;
}

UNUSED static void t_free(void *p) {
    free(p);
}

UNUSED static size_t t_usable_size(void *p) {
    return malloc_usable_size(p);
}

UNUSED static void t_collect(void) {
#ifdef __GLIBC__ /* others may lack it */
    malloc_trim(0);
#endif
}
#else
UNUSED static void *t_malloc(size_t size) {
    return mi_malloc(size);
}

UNUSED static void *t_calloc(size_t count, size_t size) {
    return mi_calloc(count, size);
}

UNUSED static void *t_zalloc(size_t size) {
    return mi_zalloc(size);
}

UNUSED static void *t_realloc(void *p, size_t size) {
    return mi_realloc(p, size);
}

UNUSED static void *t_aligned(size_t size, size_t alignment) {
    return mi_malloc_aligned(size, alignment);
}

UNUSED static void t_free(void *p) {
    mi_free(p);
}

UNUSED static size_t t_usable_size(void *p) {
    return mi_usable_size(p);
}

UNUSED static void t_collect(void) {
    mi_collect(true);
}
#endif

/* ---- failure ---------------------------------------------------------------------------- */

/* Says why and ends the process with status 1.  No stdio: the heap may be in ruins. */
__attribute__((noreturn, format(printf, 1, 2), unused)) static void fail(const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text - 1, format, args);
    va_end(args);
    if (length < 0) {
        length = 0;
    }
    if ((size_t)length > sizeof text - 2) {
        length = (int)sizeof text - 2;
    }
    text[length] = '\n';
    ssize_t written = write(STDERR_FILENO, text, (size_t)length + 1);
    (void)written;
    _exit(1);
}

/* ---- the generator ---------------------------------------------------------------------- */

struct rng {
    uint64_t state;
};

UNUSED static uint64_t rng_next(struct rng *rng) {
    uint64_t x = rng->state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

UNUSED static size_t rng_below(struct rng *rng, size_t limit) {
    return (size_t)(rng_next(rng) % limit);
}

/* Log-uniform over [1, limit]: every power of two below the limit is equally likely. */
UNUSED static size_t rng_size(struct rng *rng, size_t limit) {
    unsigned bits = 64 - (unsigned)__builtin_clzll(limit);
    size_t top = (size_t)1 << rng_below(rng, bits);
    size_t size = top + rng_below(rng, top);
    return size > limit ? limit : size;
}

/* ---- patterns --------------------------------------------------------------------------- */

/* Bytes up to here are written and verified one by one; of a longer block the first and the last
   4 KiB are, and one word of each 4 KiB between, unless `full` is set. */
#define PATTERN_WHOLE (64 * KIB)
#define PATTERN_EDGE ((size_t)4096)

UNUSED static uint64_t pattern_word(uint64_t tag, size_t offset) {
    return (tag + offset / 8) * UINT64_C(0xD1342543DE82EF95) ^ tag;
}

/* Write or verify [from, to); `from` is a multiple of 8. */
UNUSED static bool pattern_range(unsigned char *p, size_t from, size_t to, uint64_t tag,
                                 bool write_it) {
    for (size_t offset = from; offset < to; offset += 8) {
        uint64_t word = pattern_word(tag, offset);
        size_t length = to - offset < 8 ? to - offset : 8;
        if (length == 8) {
            uint64_t found;
            if (write_it) {
                memcpy(p + offset, &word, 8);
                continue;
            }
            memcpy(&found, p + offset, 8);
            if (found != word) {
                return false;
            }
        } else if (write_it) {
            memcpy(p + offset, &word, length);
        } else if (memcmp(p + offset, &word, length) != 0) {
            return false;
        }
    }
    return true;
}

/* The pattern of a block of `size` bytes, as far as it lies below `limit`. */
UNUSED static bool pattern_apply(unsigned char *p, size_t size, size_t limit, uint64_t tag,
                                 bool full, bool write_it) {
    if (limit > size) {
        limit = size;
    }
    if (full || size <= PATTERN_WHOLE) {
        return pattern_range(p, 0, limit, tag, write_it);
    }
    size_t tail = (size - PATTERN_EDGE) & ~(size_t)7;
    bool good = pattern_range(p, 0, limit < PATTERN_EDGE ? limit : PATTERN_EDGE, tag, write_it);
    for (size_t offset = PATTERN_EDGE + (tag & 0xff8); good && offset < tail && offset + 8 <= limit;
         offset += PATTERN_EDGE) {
        good = pattern_range(p, offset, offset + 8, tag, write_it);
    }
    if (good && limit > tail) {
        good = pattern_range(p, tail, limit, tag, write_it);
    }
    return good;
}

UNUSED static void pattern_fill(void *p, size_t size, uint64_t tag, bool full) {
    pattern_apply(p, size, size, tag, full, true);
}

UNUSED static bool pattern_holds(void *p, size_t size, size_t limit, uint64_t tag, bool full) {
    return pattern_apply(p, size, limit, tag, full, false);
}

/* Is [from, to) zero?  Of long ranges the edges and one word of each 512 bytes are looked at. */
UNUSED static bool is_zero(const void *block, size_t from, size_t to, bool full) {
    const unsigned char *p = block;
    bool sparse = !full && to - from > MIB;
    for (size_t i = from; i < to;) {
        if (p[i] != 0) {
            return false;
        }
        bool inside = sparse && i >= from + PATTERN_EDGE && i + PATTERN_EDGE < to;
        i += inside ? 509 : 1;
    }
    return true;
}

/* ---- what the kernel says --------------------------------------------------------------- */

UNUSED static size_t resident_bytes(void) {
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) {
        return 0;
    }
    text[length] = '\0';
    unsigned long total = 0;
    unsigned long resident = 0;
    if (sscanf(text, "%lu %lu", &total, &resident) != 2) {
        return 0;
    }
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

UNUSED static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Memory for the harness itself, so that its bookkeeping is not in the heap under test; touched
   at once, so that it is part of every base line. */
UNUSED static void *harness_memory(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        fail("harness: no memory");
    }
    memset(p, 0, size);
    return p;
}

UNUSED static uint64_t argument(int argc, char **argv, int index, uint64_t otherwise) {
    if (index >= argc) {
        return otherwise;
    }
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(argv[index], &end, 0);
    if (errno != 0 || end == argv[index] || *end != '\0') {
        fail("%s: not a number: %s", argv[0], argv[index]);
    }
    return value;
}

#endif
