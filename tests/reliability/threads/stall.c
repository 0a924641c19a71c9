/* SPDX-License-Identifier: MIT */
/* No call of malloc or free takes a millisecond of its own: two threads replace blocks of mixed
   sizes, some of them the other's, and each call is timed.  Those during which the kernel took the
   processor away do not count, and since it does not tell of all such times (interrupts, other
   virtual machines), the best of some repeats is judged; a machine that stalls without any malloc
   as often is not judged at all. */
#include "case.h"

enum { THREADS = 2, SLOTS = 20000, REPEATS = 40, OPERATIONS = 150000, LOOK_EVERY = 64 };
static const double STALL = 1e-3;
static _Atomic(void *) a_slots[SLOTS];
static atomic_bool is_idle; /* the same without malloc */
static struct stalls {
    size_t count;
    double worst;
    size_t size;
} stalls[THREADS];

static long switches(void) {
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nivcsw;
}

/* Most are small, few large, two of the largest. */
static size_t next_size(uint64_t *random, size_t i) {
    uint64_t rare = next_random(random);
    if (i % (OPERATIONS / 2) == OPERATIONS / 4)
        return allowed(40 * MIB, MIB);
    size_t most = rare % 2048 == 0 ? MIB : rare % 64 == 0 ? 32 * KIB : KIB;
    return 16 + (size_t)(next_random(random) % most);
}

static void note(struct stalls *mine, double begun, size_t size, long *seen) {
    double took = seconds() - begun;
    if (took < STALL)
        return;
    long now = switches();
    if (now == *seen) {
        mine->count++;
        mine->size = took > mine->worst ? size : mine->size;
        mine->worst = took > mine->worst ? took : mine->worst;
    }
    *seen = now;
}

static void *work(void *arg) {
    struct stalls *mine = arg;
    static _Atomic(uint64_t) a_seed;
    uint64_t random = atomic_fetch_add(&a_seed, 1);
    long seen = switches();
    *mine = (struct stalls){0, 0, 0};
    for (size_t i = 0; i < OPERATIONS; i++) {
        if (i % LOOK_EVERY == 0)
            seen = switches();
        size_t size = next_size(&random, i);
        double begun = seconds();
        char *p = atomic_load(&is_idle) ? NULL : malloc(size);
        note(mine, begun, size, &seen);
        if (p != NULL)
            touch(p, size < 32 * KIB ? size : 32 * KIB);
        void *old = atomic_exchange(&a_slots[next_random(&random) % SLOTS], p);
        size = malloc_usable_size(old);
        begun = seconds();
        free(old);
        note(mine, begun, size, &seen);
    }
    return NULL;
}

static size_t stalls_of_repeat(struct stalls *worst) {
    pthread_t other = start(work, &stalls[1]);
    work(&stalls[0]);
    finish(other);
    *worst = stalls[stalls[1].worst > stalls[0].worst];
    return stalls[0].count + stalls[1].count;
}

int main(void) {
    begin();
    struct stalls worst, first = {0, 0, 0};
    for (size_t i = 0; i < REPEATS; i++) {
        size_t count = stalls_of_repeat(&worst);
        /* The first repeat only fills the slots. */
        if (i > 0 && count == 0)
            return 0;
        first = worst;
    }
    atomic_store(&is_idle, true);
    for (size_t i = 0; i < REPEATS; i++)
        if (stalls_of_repeat(&worst) == 0)
            FAIL("in each repeat a call takes more than 1 ms: %.1f ms for %zu bytes",
                 first.worst * 1e3, first.size);
    SKIP("the machine stalls without malloc, too");
}
