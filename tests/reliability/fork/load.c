/* SPDX-License-Identifier: MIT */
/* 32 threads allocate and free, some of them by threads that end at once, while another forks; each
   child uses every size, frees what its parent's threads held, starts threads and forks again. */
#include "case.h"

enum { THREADS = 32, SLOTS = 1024, SPAWN_EACH = 8, STEPS = 100 };
static _Atomic(void *) a_slots[SLOTS];
static atomic_bool a_stop;

static void step(uint64_t *random) {
    size_t size = random_size(random, 17);
    char *p = malloc(size);
    if (p != NULL)
        p[0] = p[size - 1] = 1;
    free(atomic_exchange(&a_slots[next_random(random) % SLOTS], p));
}

static void *short_life(void *arg) {
    for (int i = 0; i < STEPS; i++)
        step(arg);
    return NULL;
}

static void *churn(void *arg) {
    uint64_t random = (uintptr_t)arg;
    /* This thread alone: or the children would have a thirtieth of the processors. */
    setpriority(PRIO_PROCESS, 0, 19);
    while (!atomic_load(&a_stop)) {
        if ((uintptr_t)arg % SPAWN_EACH == 0)
            finish(start(short_life, &random));
        else
            step(&random);
    }
    return NULL;
}

static void *use(void *arg) {
    use_every_size(20);
    return arg;
}

static void live(bool forks) {
    die_after(20);
    use_every_size(20);
    for (int i = 0; i < SLOTS; i++)
        free(atomic_exchange(&a_slots[i], NULL));
    pthread_t threads[] = {start(use, NULL), start(use, NULL)};
    finish(threads[0]);
    finish(threads[1]);
    if (!forks)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        use_every_size(20);
        _exit(0);
    }
    expect_child(pid, "the child's child");
}

int main(void) {
    pthread_t threads[THREADS];
    begin();
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start(churn, (void *)i);
    for (size_t i = 0; i < times(30, 1000); i++) {
        pid_t pid = fork();
        if (pid == 0) {
            live(i % 8 == 0);
            _exit(0);
        }
        expect_child(pid, "the child");
    }
    atomic_store(&a_stop, true);
    for (int i = 0; i < THREADS; i++)
        finish(threads[i]);
    return 0;
}
