/* SPDX-License-Identifier: MIT */
/* Eight threads per processor exchange blocks: nobody spins for the time that the kernel gives to
   another, so together they need no more processor time than passing each block between processors
   takes, 40 times what one thread needs for the same operations by itself at most (5 to 20 times
   with two processors, the C library and its peers too; one that spins 70 times).  Then on one
   processor, and with mixed priorities, where nothing passes between processors: twice. */
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
    operations = total / count;
    double needed = together(count, work);
    if (needed > 40 * alone + 0.3)
        FAIL("%.2f s of processor time, one thread needs %.2f", needed, alone);
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0)
        return 0;
    needed = together(count, work_meanly);
    if (needed > (column_is("delayed") ? 8 : 2) * alone + 0.3) /* sleeping takes some, too */
        FAIL("on one processor, %.2f s of its time, one thread needs %.2f", needed, alone);
    return 0;
}
