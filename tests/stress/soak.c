/* SPDX-License-Identifier: MIT */
/* soak [SECONDS [SEED]]: two threads per processor hold blocks of 1 byte to 16 MiB, log-uniform,
   each filled with a pattern that is verified before it is freed or grown; blocks change hands.
   What is resident must stay within 1.5 times what is live (and 32 MiB), and, from a minute on,
   must not rise: the mean of the last third is at most a twentieth above that of the middle one. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>

enum { SLOTS = 4096, THREADS_MAX = 256 };
static struct slot {
    atomic_flag is_taken;
    unsigned char *p;
    size_t size;
} slots[SLOTS];
static atomic_size_t live, operations;
static atomic_bool is_over;
static const size_t live_max = 192 * MIB;
static uint64_t seed;

static void verify(const struct slot *slot) {
    uint64_t tag = (uint64_t)(slot - slots);
    if (!pattern_holds(slot->p, slot->size, slot->size, tag, false))
        fail("soak: seed %llu: block %p of %zu bytes has changed", (unsigned long long)seed,
             (void *)slot->p, slot->size);
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
        atomic_fetch_add(&live, size);
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

int main(int argc, char **argv) {
    static pthread_t threads[THREADS_MAX];
    double duration = (double)argument(argc, argv, 1, 600), begin = seconds_now();
    double sums[3] = {0, 0, 0}, most = 0;
    size_t samples[3] = {0, 0, 0};
    seed = argument(argc, argv, 2, (uint64_t)time(NULL));
    size_t count = 2 * (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    count = count > THREADS_MAX ? THREADS_MAX : count;
    size_t base = resident_bytes();
    for (uintptr_t i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, keep_working, (void *)i) != 0)
            fail("soak: no thread %u", (unsigned)i);
    for (double passed; (passed = seconds_now() - begin) < duration;) {
        struct timespec pause = {0, 50000000};
        nanosleep(&pause, NULL);
        double resident = (double)(resident_bytes() - base), now = (double)atomic_load(&live);
        unsigned third = (unsigned)(3 * passed / duration);
        sums[third > 2 ? 2 : third] += resident;
        samples[third > 2 ? 2 : third]++;
        most = resident > most ? resident : most;
        if (third > 0 && resident > 1.5 * (double)live_max + 32.0 * (double)MIB)
            fail("soak: seed %llu: %.1f MiB resident, %.1f live", (unsigned long long)seed,
                 resident / (double)MIB, now / (double)MIB);
    }
    atomic_store(&is_over, true);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < SLOTS; i++)
        if (slots[i].p != NULL) {
            verify(&slots[i]);
            t_free(slots[i].p);
        }
    double middle = sums[1] / (double)(samples[1] + !samples[1]);
    double last = sums[2] / (double)(samples[2] + !samples[2]);
    printf("soak: seed %llu: %zu operations; MiB resident: %.1f at most, %.1f in the middle, %.1f "
           "in the last third\n",
           (unsigned long long)seed, atomic_load(&operations), most / (double)MIB,
           middle / (double)MIB, last / (double)MIB);
    if (duration >= 60 && last > middle + middle / 20)
        fail("soak: memory rises: %.1f, then %.1f MiB", middle / (double)MIB, last / (double)MIB);
    return 0;
}
