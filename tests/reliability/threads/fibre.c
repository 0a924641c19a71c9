/* SPDX-License-Identifier: MIT */
/* Contexts move from thread to thread (swapcontext) and free in one what they allocated in another:
   no thread's identity is kept over a switch. */
#include "case.h"
#include <ucontext.h>

enum { FIBRES = 32, STACK = 65536, ROUNDS = 100 };
static struct fibre {
    ucontext_t context, back;
    uint64_t random;
    bool is_over;
} fibres[FIBRES];
static pthread_mutex_t locks[FIBRES];

static void run(int index) {
    struct fibre *self = &fibres[index];
    unsigned char *held[20] = {NULL};
    size_t sizes[20] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < COUNT_OF(held); i++) {
            for (size_t j = 0; j < sizes[i]; j++)
                CHECK(held[i][j] == (unsigned char)index);
            free(held[i]);
            sizes[i] = random_size(&self->random, 13);
            held[i] = malloc(sizes[i]);
            CHECK(held[i] != NULL);
            memset(held[i], index, sizes[i]);
        }
        swapcontext(&self->context, &self->back);
    }
    for (size_t i = 0; i < COUNT_OF(held); i++)
        free(held[i]);
    self->is_over = true;
    swapcontext(&self->context, &self->back);
}

static void *carry(void *arg) {
    uint64_t random = (uintptr_t)arg;
    for (int idle = 0; idle < 2000;) {
        size_t index = (size_t)(next_random(&random) % FIBRES);
        if (pthread_mutex_trylock(&locks[index]) != 0)
            continue;
        idle++;
        if (!fibres[index].is_over) {
            idle = 0;
            swapcontext(&fibres[index].back, &fibres[index].context);
        }
        pthread_mutex_unlock(&locks[index]);
    }
    return NULL;
}

int main(void) {
    begin();
    char *stacks = own_memory((size_t)FIBRES * STACK);
    for (int i = 0; i < FIBRES; i++) {
        pthread_mutex_init(&locks[i], NULL);
        getcontext(&fibres[i].context);
        fibres[i].context.uc_stack.ss_sp = stacks + (size_t)i * STACK;
        fibres[i].context.uc_stack.ss_size = STACK;
        fibres[i].random = (uint64_t)i;
        makecontext(&fibres[i].context, (void (*)(void))(uintptr_t)run, 1, i);
    }
    pthread_t threads[] = {start(carry, (void *)1), start(carry, (void *)2),
                           start(carry, (void *)3)};
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        finish(threads[i]);
    for (int i = 0; i < FIBRES; i++)
        CHECK(fibres[i].is_over);
    return 0;
}
