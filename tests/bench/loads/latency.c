/* SPDX-License-Identifier: MIT */
/* latency [operations [slots [seed]]]: times every call of malloc and of free in a mixed load:
   blocks replace one another in random slots; most have 16 bytes to 1 KiB, one in 64 up to 32 KiB,
   one in 2048 up to 1 MiB, one in 65536 up to 8 MiB.  After a twentieth of the work it prints
   percentiles, histograms by powers of two, and the stalls: calls of more than 200 us, with the
   bytes of their block and whether the kernel had taken the processor away shortly before. */
#include "load.h"

#include <sys/resource.h>
#include <time.h>

enum { OPERATIONS, SLOTS, SEED, OPTION_COUNT };
static struct load_option options[] = {{"operations", 20000000}, {"slots", 20000}, {"seed", 0}};

enum { FINE = 65536, LOG = 64, STALLS_MAX = 1000, LOOK_EVERY = 1024 };
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

static struct stall {
    const struct times *call;
    uint64_t ticks;
    size_t size;
    bool switched;
} stalls[STALLS_MAX];
static size_t stall_count;
static uint64_t stall_ticks; /* the shortest stall */

static long switch_count(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nivcsw;
}

static long switches; /* as last looked at */

__attribute__((noinline, cold)) static void note_stall(const struct times *call, uint64_t taken,
                                                       size_t size) {
    long now = switch_count();
    if (stall_count < STALLS_MAX) {
        stalls[stall_count] = (struct stall){call, taken, size, now != switches};
    }
    stall_count++;
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
        note_stall(times, taken, size);
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

static void print_percentiles(const struct times *times, double ns) {
    static const struct {
        const char *name;
        uint64_t of;
    } points[] = {{"p50", 2}, {"p99", 100}, {"p99.9", 1000}, {"p99.99", 10000}};
    printf("%-6s", times->name);
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        printf(" %s %.0f", points[i].name, (double)percentile(times, points[i].of) * ns);
    }
    printf(" max %.0f ns, %llu calls\n", (double)times->most * ns,
           (unsigned long long)times->count);
}

static unsigned log_of(double value) {
    unsigned result = 0;
    for (; value >= 2; value /= 2) {
        result++;
    }
    return result;
}

/* In powers of two of nanoseconds. */
static void histogram(const struct times *times, double ns, uint64_t counts[LOG]) {
    for (size_t i = 0; i < FINE; i++) {
        counts[log_of((double)i * ns)] += times->fine[i];
    }
    for (size_t i = 0; i < LOG; i++) {
        /* the middle of what the ticks' power of two spans */
        counts[log_of(1.4 * (double)((uint64_t)1 << i) * ns)] += times->by_log[i];
    }
}

static void print(double ns) {
    static uint64_t counts[2][LOG];
    print_percentiles(&of_malloc, ns);
    print_percentiles(&of_free, ns);
    histogram(&of_malloc, ns, counts[0]);
    histogram(&of_free, ns, counts[1]);
    printf("%12s %12s %12s\n", "ns from", of_malloc.name, of_free.name);
    for (size_t i = 0; i < 40; i++) {
        if (counts[0][i] + counts[1][i] > 0) {
            printf("%12llu %12llu %12llu\n", 1ULL << i, (unsigned long long)counts[0][i],
                   (unsigned long long)counts[1][i]);
        }
    }
    size_t too_long = 0;
    for (size_t i = 0; i < stall_count && i < STALLS_MAX; i++) {
        const struct stall *stall = &stalls[i];
        double allowed = stall->size > STALL_BYTES
                             ? STALL_NS * (double)stall->size / (double)STALL_BYTES
                             : STALL_NS;
        too_long += (double)stall->ticks * ns > allowed && !stall->switched;
        printf("stall: %s of %zu bytes, %.0f us%s\n", stall->call->name, stall->size,
               (double)stall->ticks * ns / 1000, stall->switched ? ", processor taken away" : "");
    }
    printf("stalls above 200 us: %zu; above 200 us per 4 MiB, the processor not taken away: %zu\n",
           stall_count, too_long);
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
    double ns = (double)(nanoseconds() - begin) / (double)(ticks() - ticks_begin);
    stall_ticks = (uint64_t)(STALL_NS / ns);
    for (unsigned long long i = 0; i < replacements; i++) {
        if (i == warm) {
            memset(of_malloc.fine, 0, sizeof of_malloc.fine);
            memset(of_free.fine, 0, sizeof of_free.fine);
            memset(of_malloc.by_log, 0, sizeof of_malloc.by_log);
            memset(of_free.by_log, 0, sizeof of_free.by_log);
            of_malloc.count = of_free.count = of_malloc.most = of_free.most = 0;
            stall_count = 0;
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
    print(ns);
    return 0;
}
