/* SPDX-License-Identifier: MIT */
/* One producer and four consumers, then four producers and one consumer, again and again: memory is
   bounded by six times what is live at most, one thread's share more for each. */
#include "case.h"

enum { RING = 16384, SIZE = 700 };
static _Atomic(void *) a_ring[RING];
static atomic_bool a_over;

static void *produce(void *arg) {
    uint64_t random = (uintptr_t)arg;
    size_t total = times(40000, 1000000);
    for (size_t i = 0; i < total; i++) {
        void *p = malloc(SIZE), *none;
        CHECK(p != NULL);
        memset(p, 1, SIZE);
        do
            none = NULL;
        while (!atomic_compare_exchange_weak(&a_ring[next_random(&random) % RING], &none, p));
    }
    return NULL;
}

static void *consume(void *arg) {
    uint64_t random = (uintptr_t)arg + 99;
    while (!atomic_load(&a_over))
        free(atomic_exchange(&a_ring[next_random(&random) % RING], NULL));
    return NULL;
}

static void run(size_t producers, size_t consumers) {
    pthread_t made[4], used[4];
    atomic_store(&a_over, false);
    for (uintptr_t i = 0; i < consumers; i++)
        used[i] = start(consume, (void *)i);
    for (uintptr_t i = 0; i < producers; i++)
        made[i] = start(produce, (void *)i);
    for (size_t i = 0; i < producers; i++)
        finish(made[i]);
    atomic_store(&a_over, true);
    for (size_t i = 0; i < consumers; i++)
        finish(used[i]);
    for (size_t i = 0; i < RING; i++)
        free(atomic_exchange(&a_ring[i], NULL));
}

static size_t peak(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return resident() == 0 ? 0 : (size_t)usage.ru_maxrss * KIB;
}

int main(void) {
    begin();
    size_t base = resident();
    run(1, 4);
    run(4, 1);
    size_t first = peak() - base;
    for (size_t i = 0; i < times(2, 6); i++) {
        run(1, 4);
        run(4, 1);
    }
    size_t last = peak() - base;
    if (last > 6 * (size_t)RING * SIZE)
        FAIL("peak of %zu KiB, then %zu; %zu live at most", first / KIB, last / KIB,
             (size_t)RING * SIZE / KIB);
    return 0;
}
