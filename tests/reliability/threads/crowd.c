/* SPDX-License-Identifier: MIT */
/* Eight threads per processor exchange blocks: together they need no more than twice the processor
   time that one for each processor needs for the same operations, so nobody spins for the time that
   the kernel gives to another.  Then on one processor, and with mixed priorities, where nothing
   passes between processors: twice what one thread needs.  The best of some rounds is judged, since
   other work on the machine changes who runs beside whom. */
#include "case.h"
#include <sched.h>

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

enum { MOST = 256 };

/* Who waits for a thread of lower priority and never sleeps, waits long. */
static void *work_meanly(void *arg) {
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), (int)((uintptr_t)arg % 4 * 6));
    return work(arg);
}

static double together(size_t count, void *(*function)(void *)) {
    static pthread_t threads[MOST];
    double before = processor_seconds();
    for (uintptr_t i = 0; i < count; i++)
        threads[i] = start(function, (void *)i);
    for (size_t i = 0; i < count; i++)
        finish(threads[i]);
    return processor_seconds() - before;
}

enum { ROUNDS = 4 };

/* At most twice as much as for as many threads as there are processors. */
static void expect_few(size_t count, size_t total) {
    double few = 0, needed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        operations = total / (count / 8);
        few = together(count / 8, work);
        operations = total / count;
        needed = together(count, work);
        if (needed <= 2 * few + 0.3)
            return;
    }
    FAIL("%.2f s of processor time, one thread per processor needs %.2f", needed, few);
}

static void expect_few_on_one(size_t count, double alone) {
    double needed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        needed = together(count, work_meanly);
        if (needed <= 2 * alone + 0.3)
            return;
    }
    FAIL("on one processor, %.2f s of its time, one thread needs %.2f", needed, alone);
}

int main(void) {
    cpu_set_t one;
    begin();
    size_t count = 8 * (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    count = count > MOST ? MOST : count;
    size_t total = times(4000000, 20000000);
    operations = total;
    double before = processor_seconds();
    work((void *)1);
    double alone = processor_seconds() - before;
    expect_few(count, total);
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0)
        return 0;
    expect_few_on_one(count, alone);
    return 0;
}
