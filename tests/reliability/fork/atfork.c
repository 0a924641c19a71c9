/* SPDX-License-Identifier: MIT */
/* Handlers of fork that allocate and free in all three places, registered before the allocator
   could register its own (from .preinit_array) and after, while other threads allocate. */
#include "case.h"

static void *held[64];
static atomic_bool a_stop;
static int calls;

static void use(void) {
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        free(held[i]);
        held[i] = malloc(1 + i * i * 40);
        if (held[i] == NULL)
            FAIL("no memory in a handler");
    }
    calls++;
}

static void preinit(void) {
    pthread_atfork(use, use, use);
}
__attribute__((section(".preinit_array"), used)) static void (*entry)(void) = preinit;

static void *churn(void *arg) {
    uint64_t random = (uintptr_t)arg;
    while (!atomic_load(&a_stop))
        free(malloc(random_size(&random, 16)));
    return NULL;
}

int main(void) {
    pthread_t threads[8];
    begin();
    pthread_atfork(use, use, use);
    for (uintptr_t i = 0; i < COUNT_OF(threads); i++)
        threads[i] = start(churn, (void *)i);
    for (size_t i = 0; i < times(40, 1000); i++) {
        calls = 0;
        pid_t pid = fork();
        if (pid == 0) {
            die_after(20);
            use();
            _exit(calls == 5 ? 0 : 1);
        }
        expect_child(pid, "the child");
        CHECK(calls == 4);
    }
    atomic_store(&a_stop, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        finish(threads[i]);
    return 0;
}
