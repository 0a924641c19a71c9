/* SPDX-License-Identifier: MIT */
/* Eight threads per processor exchange blocks: together they need no more than six times the
   processor time that one thread needs for the same operations, so nobody spins for the time that
   the kernel gives to another. */
#include "case.h"

enum { SLOTS = 512 };
static _Atomic(void *) a_slots[SLOTS];
static size_t operations;

static void *work(void *arg) {
    uint64_t random = (uintptr_t)arg;
    for (size_t i = 0; i < operations; i++) {
        size_t size = random_size(&random, 13);
        char *p = malloc(size);
        CHECK(p != NULL);
        p[0] = 1;
        free(atomic_exchange(&a_slots[next_random(&random) % SLOTS], p));
    }
    return NULL;
}

static double processor_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6 +
           (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec * 1e-6;
}

int main(void) {
    enum { MOST = 256 };
    static pthread_t threads[MOST];
    begin();
    size_t count = 8 * (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    count = count > MOST ? MOST : count;
    size_t total = times(800000, 20000000);
    operations = total;
    double before = processor_seconds();
    work((void *)1);
    double alone = processor_seconds() - before;
    operations = total / count;
    before = processor_seconds();
    for (uintptr_t i = 0; i < count; i++)
        threads[i] = start(work, (void *)i);
    for (size_t i = 0; i < count; i++)
        finish(threads[i]);
    double together = processor_seconds() - before;
    /* Passing blocks between processors has its price, for everybody. */
    if (together > 6 * alone + 0.5)
        FAIL("%.2f s of processor time, one thread needs %.2f", together, alone);
    return 0;
}
