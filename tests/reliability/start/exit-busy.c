/* SPDX-License-Identifier: MIT */
/* The process ends while detached threads are in malloc and free. */
#include "case.h"

static _Atomic(void *) a_slots[64];

static void *churn(void *arg) {
    uint64_t random = (uintptr_t)arg;
    pthread_detach(pthread_self());
    for (;;)
        free(
            atomic_exchange(&a_slots[next_random(&random) % 64], malloc(random_size(&random, 18))));
    return NULL;
}

static void use(void) {
    use_every_size(18);
}

int main(void) {
    begin();
    for (size_t i = 0; i < times(20, 500); i++) {
        pid_t pid = fork();
        if (pid == 0) {
            die_after(20);
            atexit(use);
            for (uintptr_t t = 0; t < 6; t++)
                start(churn, (void *)t);
            pause_ms((long)(i % 4));
            if (i % 3 == 0)
                quick_exit(0);
            exit(0);
        }
        expect_child(pid, "the ending process");
    }
    return 0;
}
