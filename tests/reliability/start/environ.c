/* SPDX-License-Identifier: MIT */
/* The program replaces, moves and clears its environment while threads allocate and, where there
   are any, options are read late. */
#include "case.h"

extern char **environ;
static atomic_bool a_stop;

static void *churn(void *arg) {
    long (*option_get)(int) = (long (*)(int))(uintptr_t)dlsym(RTLD_DEFAULT, "mi_option_get");
    uint64_t random = (uintptr_t)arg;
    while (!atomic_load(&a_stop)) {
        free(malloc(random_size(&random, 20)));
        if (option_get != NULL)
            option_get((int)(next_random(&random) % 16));
    }
    return NULL;
}

int main(void) {
    begin();
    pthread_t threads[] = {start(churn, (void *)1), start(churn, (void *)2)};
    for (int round = 0; round < 20; round++) {
        char name[32], value[512];
        for (int i = 0; i < 200; i++) {
            snprintf(name, sizeof name, "MIMALLOC_OPTION_%d", i);
            memset(value, 'x', sizeof value);
            value[(round * 31 + i) % 500] = '\0';
            setenv(name, value, 1);
        }
        clearenv();
        environ = NULL;
        use_every_size(16);
    }
    atomic_store(&a_stop, true);
    finish(threads[0]);
    finish(threads[1]);
    return 0;
}
