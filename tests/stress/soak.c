/* SPDX-License-Identifier: MIT */
/* soak [SECONDS [SEED [LOST]]]: two threads per processor hold blocks of 1 byte to 16 MiB,
   log-uniform, each filled with a pattern that is verified before it is freed or grown; blocks
   change hands.

   What is resident at a moment says little: large blocks come and go between two looks, and what is
   live is now half and now twice what it is at most times.  So, after a quarter of the time, the
   medians of what is resident in three windows are taken.  None is more than twice the most that
   was ever live (1.5 times is what glibc takes).  The last is not above the first by more than
   medians of a window so short scatter (a fifth for 4 seconds, a thirtieth for 150) and a
   twentieth; where a window takes ten minutes, half a percent for each hour between them instead of
   a twentieth.

   LOST: the program never frees one in so many of its blocks, to see that it is found; 400 MiB at
   most. */
#include "support.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

enum { SLOTS = 4096, THREADS_MAX = 256 };
static const size_t LOST_MAX = 400 * MIB;
static struct slot {
    atomic_flag is_taken;
    unsigned char *p;
    size_t size;
} slots[SLOTS];
static atomic_size_t live, live_top, operations, lost_bytes;
static atomic_bool is_over;
static const size_t live_max = 192 * MIB;
static uint64_t seed, lost;
enum { WINDOWS = 3, SAMPLES_MAX = 1000 };
static struct window { size_t resident[SAMPLES_MAX], live[SAMPLES_MAX], count; } windows[WINDOWS];

static void verify(const struct slot *slot) {
    uint64_t tag = (uint64_t)(slot - slots);
    if (!pattern_holds(slot->p, slot->size, slot->size, tag, false))
        fail("soak: seed %llu: block %p of %zu bytes has changed", (unsigned long long)seed,
             (void *)slot->p, slot->size);
}

/* The samples meet the top rarely, and the busier the machine the more rarely. */
static void note_live(size_t now) {
    size_t top = atomic_load(&live_top);
    while (now > top && !atomic_compare_exchange_weak(&live_top, &top, now))
        continue;
}

static void step(struct rng *rng) {
    struct slot *slot = &slots[rng_below(rng, SLOTS)];
    uint64_t tag = (uint64_t)(slot - slots);
    if (atomic_flag_test_and_set(&slot->is_taken))
        return;
    /* Large ones are rare, or there would be little else. */
    size_t size = rng_size(rng, rng_below(rng, 100) == 0 ? 16 * MIB : 16 * KIB);
    if (slot->p != NULL && rng_below(rng, 3) == 0 && atomic_load(&live) + size < live_max) {
        size_t kept = size < slot->size ? size : slot->size;
        verify(slot);
        unsigned char *p = t_realloc(slot->p, size);
        if (p == NULL || !pattern_holds(p, slot->size, kept, tag, false))
            fail("soak: seed %llu: realloc from %zu to %zu bytes", (unsigned long long)seed,
                 slot->size, size);
        atomic_fetch_sub(&live, slot->size);
        slot->p = p;
    } else {
        if (slot->p != NULL) {
            verify(slot);
            if (lost != 0 && rng_below(rng, lost) == 0 && atomic_load(&lost_bytes) < LOST_MAX)
                atomic_fetch_add(&lost_bytes, slot->size);
            else
                t_free(slot->p);
            atomic_fetch_sub(&live, slot->size);
            slot->p = NULL;
        }
        if (atomic_load(&live) + size < live_max) {
            slot->p = rng_below(rng, 8) == 0 ? t_zalloc(size) : t_malloc(size);
            if (slot->p == NULL)
                fail("soak: seed %llu: no memory for %zu bytes", (unsigned long long)seed, size);
        }
    }
    if (slot->p != NULL) {
        slot->size = size;
        pattern_fill(slot->p, size, tag, false);
        note_live(atomic_fetch_add(&live, size) + size);
    }
    atomic_flag_clear(&slot->is_taken);
    atomic_fetch_add(&operations, 1);
}

static void *work(void *arg) {
    struct rng rng = {seed * 1000 + (uintptr_t)arg};
    /* Threads come and go: each does its share and starts its heir. */
    for (size_t i = 0; i < 200000 && !atomic_load(&is_over); i++)
        step(&rng);
    return NULL;
}

static void *keep_working(void *arg) {
    for (uintptr_t generation = 0; !atomic_load(&is_over); generation++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, (void *)((uintptr_t)arg + 256 * generation)) != 0)
            fail("soak: no thread %u", (unsigned)generation);
        pthread_join(thread, NULL);
    }
    return NULL;
}

static int compare(const void *a, const void *b) {
    const size_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* qsort of this C library may allocate, which is as good as any other allocation. */
static double median(size_t *values, size_t count) {
    qsort(values, count, sizeof *values, compare);
    return (double)values[count / 2] / (double)MIB;
}

static void judge(double length) {
    enum { LONG = 600 };
    double first = 0, last = 0, hours = (WINDOWS - 1) * length / 3600;
    double rise = (length < LONG ? 0.05 : 0.005 * hours) + 0.4 / sqrt(length);
    double top = (double)atomic_load(&live_top) / (double)MIB;
    for (int i = 0; i < WINDOWS; i++) {
        if (windows[i].count == 0)
            fail("soak: no time to look");
        last = median(windows[i].resident, windows[i].count);
        first = i == 0 ? last : first;
        double held = median(windows[i].live, windows[i].count);
        printf("soak: window %d, medians: %.1f MiB resident, %.1f live\n", i + 1, last, held);
        fflush(stdout);
        if (is_resident_judged() && last > 2 * top)
            fail("soak: seed %llu: too much is resident, for %.1f MiB live at most",
                 (unsigned long long)seed, top);
    }
    if (is_resident_judged() && last > first * (1 + rise))
        fail("soak: seed %llu: memory rises", (unsigned long long)seed);
}

int main(int argc, char **argv) {
    static pthread_t threads[THREADS_MAX];
    double duration = (double)argument(argc, argv, 1, 600), begin = seconds_now();
    double warm = duration / 4, length = (duration - warm) / WINDOWS;
    seed = argument(argc, argv, 2, (uint64_t)time(NULL));
    lost = argument(argc, argv, 3, 0);
    size_t count = 2 * (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    count = count > THREADS_MAX ? THREADS_MAX : count;
    memset(windows, 0, sizeof windows);
    size_t base = resident_bytes();
    for (uintptr_t i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, keep_working, (void *)i) != 0)
            fail("soak: no thread %u", (unsigned)i);
    double interval = length / (SAMPLES_MAX - 1);
    interval = interval < 0.02 ? 0.02 : interval;
    for (double passed; (passed = seconds_now() - begin) < duration;) {
        struct timespec pause = {(time_t)interval, (long)((interval - (long)interval) * 1e9)};
        nanosleep(&pause, NULL);
        if (passed < warm)
            continue;
        int number = (int)((passed - warm) / length);
        struct window *window = &windows[number < WINDOWS ? number : WINDOWS - 1];
        if (window->count < SAMPLES_MAX) {
            size_t now = resident_bytes();
            window->resident[window->count] = now > base ? now - base : 0;
            window->live[window->count++] = atomic_load(&live);
        }
    }
    atomic_store(&is_over, true);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < SLOTS; i++)
        if (slots[i].p != NULL) {
            verify(&slots[i]);
            t_free(slots[i].p);
        }
    printf("soak: seed %llu: %zu operations\n", (unsigned long long)seed, atomic_load(&operations));
    judge(length);
    return 0;
}
