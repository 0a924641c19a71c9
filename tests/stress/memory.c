/* SPDX-License-Identifier: MIT */
/* Memory comes back, and does not grow where it need not.
     memory [CASE...]
   Each case runs in a child process of its own, so that none sees what another has left.  Resident
   memory is read from /proc/self/statm. */
#include "support.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define FAIL(format, ...) fail("memory: %s: " format, current, __VA_ARGS__)

static const char *current;
static size_t base; /* resident when the case began */

/* Write a byte into each OS page of the block. */
static void touch(void *block, size_t size) {
    volatile unsigned char *p = block;
    for (size_t i = 0; i < size; i += 4096) {
        p[i] = 1;
    }
    p[size - 1] = 1;
}

static double mib(size_t bytes) {
    return (double)bytes / (double)MIB;
}

/* ---- a set of mixed blocks -------------------------------------------------------------- */

enum { MIXED_MAX = 1 << 21, MIXED_TOTAL = 400 };

static void **mixed;
static size_t mixed_count;

/* A third of the bytes in small blocks, a third in medium ones, a third in large ones. */
static void fill_mixed(size_t from, size_t total, uint64_t seed) {
    static const size_t limits[][2] = {{16, 512}, {512, 32 * KIB}, {32 * KIB, 4 * MIB}};
    struct rng rng = {seed};
    size_t count = from;
    size_t bytes[3] = {0, 0, 0};
    for (size_t done = 0; done < total && count < MIXED_MAX; count++) {
        /* the kind that is furthest behind */
        size_t kind = bytes[0] <= bytes[1] ? 0 : 1;
        kind = bytes[2] < bytes[kind] ? 2 : kind;
        size_t size = limits[kind][0] + rng_size(&rng, limits[kind][1] - limits[kind][0]);
        mixed[count] = t_malloc(size);
        if (mixed[count] == NULL) {
            FAIL("no memory for %zu bytes after %.1f MiB", size, mib(done));
        }
        touch(mixed[count], size);
        bytes[kind] += size;
        done += size;
    }
    __atomic_add_fetch(&mixed_count, count - from, __ATOMIC_SEQ_CST);
}

static void shuffle_mixed(void) {
    struct rng rng = {99};
    for (size_t i = mixed_count; i > 1; i--) {
        size_t j = rng_below(&rng, i);
        void *p = mixed[i - 1];
        mixed[i - 1] = mixed[j];
        mixed[j] = p;
    }
}

static void *free_mixed(void *arg) {
    for (size_t i = 0; i < mixed_count; i++) {
        t_free(mixed[i]);
    }
    return arg;
}

static void make_room(void) {
    mixed = mmap(NULL, MIXED_MAX * sizeof *mixed, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mixed == MAP_FAILED) {
        FAIL("no address space for %d pointers", MIXED_MAX);
    }
}

/* After the harness has given its own table back: what is resident belongs to the heap. */
static void drop_room(void) {
    munmap(mixed, MIXED_MAX * sizeof *mixed);
}

static void *fill_part(void *arg) {
    size_t part = (size_t)(uintptr_t)arg;
    /* the parts of the table do not touch; they are closed up when all is filled */
    fill_mixed(part * (MIXED_MAX / 4), (size_t)MIXED_TOTAL * MIB / 4, part + 1);
    return NULL;
}

static void fill_by_threads(void) {
    pthread_t threads[4];
    for (uintptr_t t = 0; t < 4; t++) {
        if (pthread_create(&threads[t], NULL, fill_part, (void *)t) != 0) {
            FAIL("no thread %d", (int)t);
        }
    }
    size_t count = 0;
    for (size_t t = 0; t < 4; t++) {
        pthread_join(threads[t], NULL);
    }
    for (size_t i = 0; i < MIXED_MAX; i++) {
        if (mixed[i] != NULL) {
            mixed[count++] = mixed[i];
        }
    }
    if (count != mixed_count) {
        FAIL("%zu blocks of %zu", count, mixed_count);
    }
}

enum { KEPT_MAX = 40 }; /* MiB */

/* A few small blocks every 10 ms; returns the milliseconds until memory was given back. */
static unsigned wait_with_light_activity(void) {
    double begin = seconds_now();
    double passed = 0;
    /* On a busy machine two seconds hold fewer than the 200 steps that they are meant to be. */
    for (int steps = 0; resident_bytes() >= KEPT_MAX * MIB; steps++) {
        passed = seconds_now() - begin;
        if (passed > 2.0 && steps >= 200) {
            FAIL("%.1f MiB are still resident after two seconds of light activity (at most %d)",
                 mib(resident_bytes()), KEPT_MAX);
        }
        struct timespec pause = {0, 10 * 1000 * 1000};
        nanosleep(&pause, NULL);
        for (size_t i = 0; i < 8; i++) {
            void *p = t_malloc(32 + i * 40);
            t_free(p);
        }
    }
    return (unsigned)(passed * 1000);
}

static void report_light(size_t peak) {
    unsigned ms = wait_with_light_activity();
    printf("memory: %s: %.1f MiB resident at the peak, %.1f after %u ms of light activity\n",
           current, mib(peak), mib(resident_bytes()), ms);
}

static void report_collect(size_t peak) {
    size_t before = resident_bytes();
    double begin = seconds_now();
    t_collect();
    double passed = seconds_now() - begin;
    size_t after = resident_bytes();
    printf("memory: %s: %.1f MiB resident at the peak, %.1f after the frees, %.1f after a "
           "collection of %.1f ms\n",
           current, mib(peak), mib(before), mib(after), passed * 1000);
    if (after >= KEPT_MAX * MIB) {
        FAIL("%.1f MiB are resident after a collection (at most %d)", mib(after), KEPT_MAX);
    }
}

static void returned_slowly(void) {
    make_room();
    fill_mixed(0, (size_t)MIXED_TOTAL * MIB, 1);
    size_t peak = resident_bytes();
    shuffle_mixed();
    free_mixed(NULL);
    drop_room();
    report_light(peak);
}

static void returned_at_once(void) {
    make_room();
    fill_mixed(0, (size_t)MIXED_TOTAL * MIB, 2);
    size_t peak = resident_bytes();
    shuffle_mixed();
    free_mixed(NULL);
    drop_room();
    report_collect(peak);
}

/* Threads allocated and are gone; this one frees. */
static void returned_from_the_dead(void) {
    make_room();
    fill_by_threads();
    size_t peak = resident_bytes();
    shuffle_mixed();
    free_mixed(NULL);
    drop_room();
    report_light(peak);
}

static void collected_from_the_dead(void) {
    make_room();
    fill_by_threads();
    size_t peak = resident_bytes();
    shuffle_mixed();
    free_mixed(NULL);
    drop_room();
    report_collect(peak);
}

/* This thread allocates, another one frees and ends. */
static void returned_by_another(void) {
    make_room();
    fill_mixed(0, (size_t)MIXED_TOTAL * MIB, 3);
    size_t peak = resident_bytes();
    shuffle_mixed();
    pthread_t thread;
    if (pthread_create(&thread, NULL, free_mixed, NULL) != 0) {
        FAIL("no thread for %zu blocks", mixed_count);
    }
    pthread_join(thread, NULL);
    drop_room();
    report_light(peak);
}

/* ---- other loads ------------------------------------------------------------------------ */

static void calloc_of_a_gigabyte(void) {
    double begin = seconds_now();
    size_t peak = 0;
    for (int i = 0; i < 1000; i++) {
        unsigned char *p = t_calloc(1, 1000000000);
        if (p == NULL) {
            FAIL("no memory in round %d", i);
        }
        if (p[0] != 0 || p[499999999] != 0 || p[999999999] != 0) {
            FAIL("memory that is not zero in round %d", i);
        }
        p[0] = p[499999999] = p[999999999] = 1;
        size_t now = i % 50 == 0 ? resident_bytes() : 0;
        peak = now > peak ? now : peak;
        t_free(p);
    }
    double passed = seconds_now() - begin;
    printf("memory: %s: %.2f s, %.1f MiB resident at most\n", current, passed, mib(peak));
    if (passed > 2.0) {
        FAIL("took %.1f s", passed);
    }
    if (peak > base + 8 * MIB) {
        FAIL("%.1f MiB resident", mib(peak));
    }
}

enum { THREAD_COUNT = 10000, THREAD_BLOCKS = 100 };

static void *short_life(void *arg) {
    void **inherited = arg; /* what the one before has left */
    struct rng rng = {(uint64_t)(uintptr_t)inherited[0]};
    for (size_t i = 0; i < THREAD_BLOCKS; i++) {
        t_free(inherited[i]);
        inherited[i] = t_malloc(rng_size(&rng, 8 * KIB));
        *(char *)inherited[i] = 1;
        if (i % 2 == 0) {
            t_free(inherited[i]);
            inherited[i] = NULL;
        }
    }
    return NULL;
}

static void threads_in_sequence(void) {
    static void *blocks[THREAD_BLOCKS];
    size_t early = 0;
    double begin = seconds_now();
    for (int i = 0; i < THREAD_COUNT; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, short_life, blocks) != 0) {
            FAIL("no thread %d", i);
        }
        pthread_join(thread, NULL);
        if (i == THREAD_COUNT / 10) {
            early = resident_bytes();
        }
    }
    size_t late = resident_bytes();
    printf("memory: %s: %.1f MiB after %d, %.1f after %d, %.1f s\n", current, mib(early),
           THREAD_COUNT / 10, mib(late), THREAD_COUNT, seconds_now() - begin);
    if (late > early + early / 10 + MIB) {
        FAIL("grew from %.1f to %.1f MiB", mib(early), mib(late));
    }
}

/* Threads that only take and give back, each for itself, meet in what they share all the time. */
enum { MEETING_THREADS = 8, MEETING_ROUNDS = 400000 };

static void *take_and_give(void *arg) {
    struct rng rng = {(uintptr_t)arg};
    for (int i = 0; i < MEETING_ROUNDS; i++) {
        t_free(t_malloc(rng_size(&rng, 64 * KIB)));
    }
    return NULL;
}

static void threads_that_meet(void) {
    pthread_t threads[MEETING_THREADS];
    double begin = seconds_now();
    for (uintptr_t i = 0; i < MEETING_THREADS; i++) {
        if (pthread_create(&threads[i], NULL, take_and_give, (void *)(i + 1)) != 0) {
            FAIL("no thread %d", (int)i);
        }
    }
    for (int i = 0; i < MEETING_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    size_t now = resident_bytes();
    printf("memory: %s: %.1f MiB after %d times %d blocks, %.1f before, %.1f s\n", current,
           mib(now), MEETING_THREADS, MEETING_ROUNDS, mib(base), seconds_now() - begin);
    if (now > base + 16 * MIB) {
        FAIL("%.1f MiB resident", mib(now));
    }
}

enum { CHURN_SLOTS = 8, CHURN_ROUNDS = 2000 };

static void large_churn(void) {
    static struct {
        void *p;
        size_t size;
    } slots[CHURN_SLOTS];
    struct rng rng = {7};
    size_t live = 0;
    size_t live_peak = 0;
    size_t peaks[2] = {0, 0};
    double begin = seconds_now();
    for (size_t round = 0; round < CHURN_ROUNDS; round++) {
        size_t index = rng_below(&rng, CHURN_SLOTS);
        live -= slots[index].size;
        t_free(slots[index].p);
        /* 64 KiB to 16 MiB, log-uniform */
        size_t size = 64 * KIB << rng_below(&rng, 8);
        size += rng_below(&rng, size);
        slots[index].p = t_malloc(size);
        slots[index].size = size;
        if (slots[index].p == NULL) {
            FAIL("no memory for %zu bytes", size);
        }
        touch(slots[index].p, size);
        live += size;
        live_peak = live > live_peak ? live : live_peak;
        size_t now = resident_bytes();
        size_t half = round >= CHURN_ROUNDS / 2;
        peaks[half] = now > peaks[half] ? now : peaks[half];
    }
    printf("memory: %s: %.1f MiB live at most, resident %.1f in the first half, %.1f in the "
           "second, %.1f s\n",
           current, mib(live_peak), mib(peaks[0]), mib(peaks[1]), seconds_now() - begin);
    if (peaks[1] > peaks[0] + peaks[0] / 10 + 4 * MIB) {
        FAIL("grew from %.1f to %.1f MiB", mib(peaks[0]), mib(peaks[1]));
    }
    if (peaks[1] > base + 2 * live_peak) {
        FAIL("%.1f MiB resident for %.1f live", mib(peaks[1]), mib(live_peak));
    }
}

static size_t peak_resident(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss * KIB;
}

/* A buffer that grows to 256 MiB, all of it written. */
static void growth_by_realloc(void) {
    const size_t final = 256 * MIB;
    size_t before = peak_resident();
    size_t size = 16;
    double begin = seconds_now();
    unsigned char *p = t_malloc(size);
    p[0] = 1;
    while (size < final) {
        size_t more = size + size / 16 + 16;
        p = t_realloc(p, more);
        if (p == NULL) {
            FAIL("no memory for %zu bytes", more);
        }
        if (p[0] != 1) {
            FAIL("contents lost at %zu bytes", more);
        }
        memset(p + size, 1, more - size);
        size = more;
    }
    double passed = seconds_now() - begin;
    size_t peak = peak_resident() - (before < base ? before : base);
    t_free(p);
    printf("memory: %s: peak %.1f MiB for %.1f MiB, %.2f s\n", current, mib(peak), mib(size),
           passed);
    if (peak > size + size / 10 + 4 * MIB) {
        FAIL("peak of %.1f MiB for a block of %.1f", mib(peak), mib(size));
    }
}

/* ---- choice ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"returned-slowly", returned_slowly},
    {"returned-at-once", returned_at_once},
    {"returned-from-the-dead", returned_from_the_dead},
    {"collected-from-the-dead", collected_from_the_dead},
    {"returned-by-another", returned_by_another},
    {"calloc-of-a-gigabyte", calloc_of_a_gigabyte},
    {"threads-in-sequence", threads_in_sequence},
    {"threads-that-meet", threads_that_meet},
    {"large-churn", large_churn},
    {"growth-by-realloc", growth_by_realloc},
};

static bool is_wanted(const char *name, int argc, char **argv) {
    bool wanted = argc < 2;
    for (int i = 1; i < argc; i++) {
        wanted = wanted || strcmp(argv[i], name) == 0;
    }
    return wanted;
}

int main(int argc, char **argv) {
    if (IS_SANITIZED) {
        printf("memory: skipped: a sanitizer keeps memory of its own\n");
        return 77;
    }
    int failures = 0;
    int ran = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!is_wanted(cases[i].name, argc, argv)) {
            continue;
        }
        ran++;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            current = cases[i].name;
            base = resident_bytes();
            cases[i].run();
            fflush(stdout);
            _exit(0);
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
            fprintf(stderr, "memory: %s: failed (status %#x)\n", cases[i].name, (unsigned)status);
            failures++;
        }
    }
    if (ran == 0) {
        fail("memory: no such case");
    }
    return failures != 0;
}
