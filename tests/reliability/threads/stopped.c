/* SPDX-License-Identifier: MIT */
/* Threads are stopped by a signal at any place within malloc and free, and stay stopped: all others
   go on, with the blocks of the stopped ones too. */
#include "case.h"
#include <sched.h>

enum { VICTIMS = 4, SLOTS = 256, OPERATIONS = 3000 };
static _Atomic(void *) a_slots[SLOTS];
static atomic_bool a_over;
static atomic_int a_go, a_stopped, a_done;

static void stand(int number) {
    (void)number;
    int saved = errno;
    int round = atomic_load(&a_go);
    atomic_fetch_add(&a_stopped, 1);
    while (atomic_load(&a_go) == round)
        sched_yield();
    errno = saved;
}

static void step(uint64_t *random, unsigned bits) {
    size_t size = random_size(random, bits), choice = next_random(random) % 8;
    char *p = choice < 2    ? calloc(1, size)
              : choice == 2 ? memalign((size_t)64 << next_random(random) % 8, size)
                            : malloc(size);
    CHECK(p != NULL && malloc_usable_size(p) >= size);
    if (next_random(random) % 256 == 0)
        malloc_trim(0);
    p[0] = 1;
    if (next_random(random) % 8 == 0) {
        p = realloc(p, size + size / 2);
        CHECK(p != NULL);
    }
    free(atomic_exchange(&a_slots[next_random(random) % SLOTS], p));
}

static void *suffer(void *arg) {
    uint64_t random = (uintptr_t)arg;
    while (!atomic_load(&a_over))
        step(&random, 19);
    return NULL;
}

static void *go_on(void *arg) {
    uint64_t random = (uintptr_t)arg * 31 + 5;
    for (int i = 0; i < OPERATIONS; i++)
        step(&random, 17);
    atomic_fetch_add(&a_done, 1);
    return NULL;
}

int main(void) {
    pthread_t victims[VICTIMS];
    begin();
    struct sigaction action = {.sa_handler = stand};
    sigaction(SIGUSR1, &action, NULL);
    for (uintptr_t i = 0; i < VICTIMS; i++)
        victims[i] = start(suffer, (void *)i);
    for (size_t round = 0; round < times(60, 2000); round++) {
        atomic_store(&a_stopped, 0);
        atomic_store(&a_done, 0);
        for (int i = 0; i < VICTIMS; i++)
            pthread_kill(victims[i], SIGUSR1);
        while (atomic_load(&a_stopped) < VICTIMS)
            sched_yield();
        /* New threads, so that also what a thread does first is tried. */
        pthread_t others[2] = {start(go_on, (void *)round), start(go_on, (void *)(round + 1))};
        double begun = seconds();
        while (atomic_load(&a_done) < 2) {
            if (seconds() - begun > 8)
                FAIL("others wait for a stopped thread (round %zu)", round);
            pause_ms(1);
        }
        atomic_fetch_add(&a_go, 1);
        finish(others[0]);
        finish(others[1]);
        pause_ms((long)(round % 3));
    }
    atomic_store(&a_over, true);
    for (int i = 0; i < VICTIMS; i++)
        finish(victims[i]);
    return 0;
}
