/* SPDX-License-Identifier: MIT */
/* A child of a child of a child, each with busy threads when it forks. */
#include "case.h"

static atomic_bool a_stop;
static _Atomic(void *) a_slots[64];

static void *churn(void *arg) {
    uint64_t random = (uintptr_t)arg + (uint64_t)getpid();
    setpriority(PRIO_PROCESS, 0, 19); /* this thread alone */
    while (!atomic_load(&a_stop))
        free(
            atomic_exchange(&a_slots[next_random(&random) % 64], malloc(random_size(&random, 14))));
    return NULL;
}

static void live(int depth) {
    pthread_t threads[4];
    die_after(20);
    for (uintptr_t i = 0; i < COUNT_OF(threads); i++)
        threads[i] = start(churn, (void *)i);
    use_every_size(18);
    if (depth > 0) {
        pid_t pid = fork();
        if (pid == 0) {
            live(depth - 1);
            _exit(0);
        }
        expect_child(pid, "a child");
    }
    atomic_store(&a_stop, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        finish(threads[i]);
    atomic_store(&a_stop, false);
}

int main(void) {
    begin();
    for (size_t i = 0; i < times(16, 100); i++)
        live(4);
    return 0;
}
