/* SPDX-License-Identifier: MIT */
/* latency [operations [slots [seed]]]: times every call of malloc and of free in a mixed load:
   blocks replace one another in random slots; most have 16 bytes to 1 KiB, one in 64 up to 32 KiB,
   one in 2048 up to 1 MiB, one in 65536 up to 8 MiB.  After a twentieth of the work it prints
   percentiles, the stalls, that is calls of more than 200 us for each 4 MiB of their block, and
   histograms by powers of two. */
#include "load.h"

#include <sys/resource.h>
#include <time.h>

enum { OPERATIONS, SLOTS, SEED, OPTION_COUNT };
static struct load_option options[] = {{"operations", 20000000}, {"slots", 20000}, {"seed", 0}};

enum { FINE = 65536, LOG = 64, STALLS_MAX = 1000, LOOK_EVERY = 32 };
static const double STALL_NS = 200e3;
static const size_t STALL_BYTES = 4 * MIB;

static uint16_t sizes[SIZE_TABLE];

static uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* The cheapest clock there is; how fast it runs is found by the other one. */
static inline uint64_t ticks(void) {
#if defined __x86_64__ || defined __i386__
    return __builtin_ia32_rdtsc();
#else
    return nanoseconds();
#endif
}

struct times {
    const char *name;
    uint64_t fine[FINE]; /* calls that took so many ticks */
    uint64_t by_log[LOG];
    uint64_t count, most;
};

static struct times of_malloc = {.name = "malloc"}, of_free = {.name = "free"};

static uint64_t stall_ticks; /* of the shortest stall */
static double ns_per_tick;
static size_t stalls, own_stalls; /* all of them; those in which the kernel took nothing away */

static long switch_count(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nivcsw;
}

static long switches; /* as last looked at */

__attribute__((noinline, cold)) static void note_stall(uint64_t taken, size_t size) {
    double allowed = STALL_NS * (size > STALL_BYTES ? (double)size / (double)STALL_BYTES : 1);
    long now = switch_count();
    if ((double)taken * ns_per_tick > allowed) {
        stalls++;
        own_stalls += now == switches;
    }
    switches = now;
}

static inline void note(struct times *times, uint64_t taken, size_t size) {
    if (taken < FINE) {
        times->fine[taken]++;
    } else {
        times->by_log[63 - __builtin_clzll(taken)]++;
    }
    times->count++;
    if (taken > times->most) {
        times->most = taken;
    }
    if (taken >= stall_ticks) {
        note_stall(taken, size);
    }
}

/* The ticks that no more than 1 in `of` calls exceeds; from powers of two where it is far out. */
static uint64_t percentile(const struct times *times, uint64_t of) {
    uint64_t above = times->count / of;
    uint64_t seen = 0;
    for (size_t i = LOG; i > 0; i--) {
        seen += times->by_log[i - 1];
        if (seen > above) {
            return (uint64_t)1 << i < times->most ? (uint64_t)1 << i : times->most;
        }
    }
    for (size_t i = FINE; i > 0; i--) {
        seen += times->fine[i - 1];
        if (seen > above) {
            return i - 1;
        }
    }
    return 0;
}

static void print_percentiles(const struct times *times) {
    static const struct {
        const char *name;
        uint64_t of;
    } points[] = {{"p50", 2}, {"p99", 100}, {"p99.9", 1000}, {"p99.99", 10000}};
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        printf("%s %s, ns: %.0f\n", times->name, points[i].name,
               (double)percentile(times, points[i].of) * ns_per_tick);
    }
    printf("%s longest, ns: %.0f\n", times->name, (double)times->most * ns_per_tick);
}

static unsigned log_of(double value) {
    unsigned result = 0;
    for (; value >= 2; value /= 2) {
        result++;
    }
    return result;
}

/* In powers of two of nanoseconds. */
static void print_histogram(const struct times *times) {
    uint64_t counts[LOG] = {0};
    for (size_t i = 0; i < FINE; i++) {
        counts[log_of((double)i * ns_per_tick)] += times->fine[i];
    }
    for (size_t i = 0; i < LOG; i++) {
        /* the middle of what the ticks' power of two spans */
        counts[log_of(1.4 * (double)((uint64_t)1 << i) * ns_per_tick)] += times->by_log[i];
    }
    for (size_t i = 0; i < LOG; i++) {
        if (counts[i] > 0) {
            printf("%s from %llu ns: %llu\n", times->name, 1ULL << i,
                   (unsigned long long)counts[i]);
        }
    }
}

static void print(void) {
    print_percentiles(&of_malloc);
    print_percentiles(&of_free);
    printf("calls above 200 us per 4 MiB: %zu\n", stalls);
    printf("of these, the processor was not taken away: %zu\n", own_stalls);
    print_histogram(&of_malloc);
    print_histogram(&of_free);
}

static size_t draw(struct load_random *random) {
    uint64_t kind = load_next(random) >> 40;
    if (kind % 65536 == 1) {
        return load_log_size(random, 20, 23);
    }
    if (kind % 2048 == 2) {
        return load_log_size(random, 15, 20);
    }
    if (kind % 64 == 3) {
        return load_log_size(random, 10, 15);
    }
    return sizes[load_next(random) >> 51];
}

struct slot {
    void *block;
    size_t size;
};

int main(int argc, char **argv) {
    load_arguments(argc, argv, "latency", options, OPTION_COUNT);
    load_size_table(sizes, 16, 48, 1024);
    size_t slot_count = (size_t)options[SLOTS].value;
    struct slot *slots = load_calloc(slot_count, sizeof *slots);
    struct load_random random = load_seed(options[SEED].value);
    unsigned long long replacements = options[OPERATIONS].value / 2;
    unsigned long long warm = replacements / 20;
    uint64_t ticks_begin = ticks();
    uint64_t begin = nanoseconds();
    uint64_t until = begin + 20000000;
    while (nanoseconds() < until) {
    }
    ns_per_tick = (double)(nanoseconds() - begin) / (double)(ticks() - ticks_begin);
    stall_ticks = (uint64_t)(STALL_NS / ns_per_tick);
    for (unsigned long long i = 0; i < replacements; i++) {
        if (i == warm) {
            memset(of_malloc.fine, 0, sizeof of_malloc.fine);
            memset(of_free.fine, 0, sizeof of_free.fine);
            memset(of_malloc.by_log, 0, sizeof of_malloc.by_log);
            memset(of_free.by_log, 0, sizeof of_free.by_log);
            of_malloc.count = of_free.count = of_malloc.most = of_free.most = 0;
            stalls = own_stalls = 0;
        }
        if (i % LOOK_EVERY == 0) {
            switches = switch_count();
        }
        struct slot *slot = &slots[load_below(&random, slot_count)];
        size_t size = draw(&random);
        void *old = slot->block;
        uint64_t t0 = ticks();
        free(old);
        uint64_t t1 = ticks();
        if (old != NULL) {
            note(&of_free, t1 - t0, slot->size);
        }
        t0 = ticks();
        slot->block = malloc(size);
        t1 = ticks();
        note(&of_malloc, t1 - t0, size);
        load_touch(load_checked(slot->block, size), size);
        slot->size = size;
    }
    for (size_t i = 0; i < slot_count; i++) {
        free(slots[i].block);
    }
    free(slots);
    print();
    return 0;
}
