/* SPDX-License-Identifier: MIT */
/* What the loads share: arguments, failure, a seeded generator, allocation that may not fail, marks
   in blocks that tell when one was handed out twice, threads.  A load does a fixed amount of work,
   so that its wall time is the measure, checks its own result, and says nothing when all is well.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CACHE_LINE = 64, TOUCH_STEP = 4096, KIB = 1024, MIB = 1024 * 1024 };

/* For messages. */
static const char *load_name = "load";

__attribute__((noreturn, format(printf, 1, 2))) static inline void load_fail(const char *format,
                                                                             ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", load_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

/* ------------------------------------------------------------------------------- arguments */

struct load_option {
    const char *name;
    unsigned long long value; /* the default, then what was given */
};

static inline unsigned long long load_processor_count(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (unsigned long long)count;
}

__attribute__((noreturn)) static inline void load_usage(const struct load_option *options,
                                                        size_t count) {
    fprintf(stderr, "usage: %s", load_name);
    for (size_t i = 0; i < count; i++) {
        fprintf(stderr, " [%s=%llu", options[i].name, options[i].value);
    }
    for (size_t i = 0; i < count; i++) {
        fputc(']', stderr);
    }
    fputs("\n  N stands for the number of processors\n", stderr);
    exit(2);
}

/* Positional numbers into `options`, in their order; those not given keep their defaults. */
static inline void load_arguments(int argc, char **argv, const char *name,
                                  struct load_option *options, size_t count) {
    load_name = name;
    if (argc < 1 || (size_t)argc - 1 > count) {
        load_usage(options, count);
    }
    for (int i = 1; i < argc; i++) {
        char *end = argv[i];
        unsigned long long value = 0;
        if (strcmp(argv[i], "N") == 0) {
            value = load_processor_count();
        } else {
            value = strtoull(argv[i], &end, 10);
            if (end == argv[i] || *end != '\0') {
                load_usage(options, count);
            }
        }
        options[i - 1].value = value;
    }
}

/* --------------------------------------------------------------------------------- generator */

struct load_random {
    uint64_t state;
};

/* Spreads a small seed over all bits, so that neighbouring seeds give unrelated sequences. */
static inline struct load_random load_seed(uint64_t seed) {
    uint64_t z = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (struct load_random){z == 0 ? 1 : z};
}

static inline uint64_t load_next(struct load_random *random) {
    uint64_t x = random->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    random->state = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

/* In [0, bound), for bounds below 2^32. */
static inline size_t load_below(struct load_random *random, size_t bound) {
    return (size_t)(((load_next(random) >> 32) * bound) >> 32);
}

static inline size_t load_between(struct load_random *random, size_t low, size_t high) {
    return low + load_below(random, high - low + 1);
}

/* Each doubling from 2^low to 2^high is as likely as any other. */
static inline size_t load_log_size(struct load_random *random, unsigned low, unsigned high) {
    size_t base = (size_t)1 << (low + load_below(random, high - low));
    return base + load_below(random, base);
}

/* -------------------------------------------------------------------------------- allocation */

static inline void *load_checked(void *p, size_t size) {
    if (p == NULL) {
        load_fail("no memory for %zu bytes: %s", size, strerror(errno));
    }
    return p;
}

static inline void *load_malloc(size_t size) {
    return load_checked(malloc(size), size);
}

static inline void *load_calloc(size_t count, size_t size) {
    return load_checked(calloc(count, size), count * size);
}

static inline void *load_realloc(void *p, size_t size) {
    return load_checked(realloc(p, size), size);
}

/* Makes every page of a block resident. */
static inline void load_touch(void *p, size_t size) {
    volatile unsigned char *bytes = p;
    for (size_t i = 0; i < size; i += TOUCH_STEP) {
        bytes[i] = (unsigned char)i;
    }
    if (size > 0) {
        bytes[size - 1] = 1;
    }
}

/* A mark of the block's size in its first 4 bytes: the size is known when it is freed, and a block
   that is in two hands at once loses it. */
static inline void *load_marked(size_t size) {
    uint32_t *block = load_malloc(size < sizeof *block ? sizeof *block : size);
    *block = (uint32_t)size ^ UINT32_C(0x5bd1e995);
    return block;
}

static inline size_t load_mark(const void *block) {
    return *(const uint32_t *)block ^ UINT32_C(0x5bd1e995);
}

/* Sizes as programs ask for them, decreasing with their square: half are below `scale`, and none is
   above `most`.  A table, filled once. */
enum { SIZE_TABLE = 8192 };

static inline void load_size_table(uint16_t table[SIZE_TABLE], size_t least, size_t scale,
                                   size_t most) {
    double whole = 0;
    for (size_t size = least; size <= most; size++) {
        double x = (double)(size - least + scale);
        whole += 1 / (x * x);
    }
    size_t filled = 0;
    double sum = 0;
    for (size_t size = least; size <= most && filled < SIZE_TABLE; size++) {
        double x = (double)(size - least + scale);
        sum += 1 / (x * x);
        while (filled < SIZE_TABLE && (double)filled < sum / whole * SIZE_TABLE) {
            table[filled++] = (uint16_t)size;
        }
    }
    while (filled < SIZE_TABLE) {
        table[filled++] = (uint16_t)most;
    }
}

/* ----------------------------------------------------------------------------------- threads */

static inline pthread_t load_start(void *(*run)(void *), void *argument) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, argument);
    if (error != 0) {
        load_fail("no thread: %s", strerror(error));
    }
    return thread;
}

static inline void load_join(pthread_t thread) {
    int error = pthread_join(thread, NULL);
    if (error != 0) {
        load_fail("a thread is not to be joined: %s", strerror(error));
    }
}

/* Runs `run` in `count` threads, each with its element of an array, and waits for them. */
static inline void load_run(size_t count, void *(*run)(void *), void *elements,
                            size_t element_size) {
    pthread_t *threads = load_calloc(count, sizeof *threads);
    for (size_t i = 0; i < count; i++) {
        threads[i] = load_start(run, (char *)elements + i * element_size);
    }
    for (size_t i = 0; i < count; i++) {
        load_join(threads[i]);
    }
    free(threads);
}

#endif
