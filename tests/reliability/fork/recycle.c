/* SPDX-License-Identifier: MIT */
/* What the parent's other threads held, 32 MiB, is freed by the child, which then needs as much
   again in other sizes: the memory is used again. */
#include "case.h"

enum { THREADS = 8, BLOCKS = 4096, SIZE = 1000 };
static void *blocks[THREADS][BLOCKS];
static pthread_barrier_t barrier;

static void *fill(void *arg) {
    uintptr_t index = (uintptr_t)arg;
    for (size_t i = 0; i < BLOCKS; i++)
        memset(blocks[index][i] = malloc(SIZE), 1, SIZE);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier); /* the fork is over */
    return NULL;
}

static void live(void) {
    die_after(20);
    for (size_t round = 0; round < 4; round++) {
        for (size_t t = 0; t < THREADS; t++)
            for (size_t i = 0; i < BLOCKS; i++)
                free(blocks[t][i]);
        size_t size = 600 + 700 * round;
        size_t count = (size_t)SIZE * BLOCKS / size;
        for (size_t t = 0; t < THREADS; t++)
            for (size_t i = 0; i < BLOCKS; i++) {
                blocks[t][i] = i < count ? malloc(size) : NULL;
                if (i < count && blocks[t][i] == NULL)
                    FAIL("no memory");
                if (i < count)
                    memset(blocks[t][i], 2, size);
            }
        size_t live = THREADS * (size < 1000 ? (size_t)BLOCKS * size : count * size);
        if (round > 0 && resident() > 2 * (size_t)THREADS * BLOCKS * SIZE)
            FAIL("%zu MiB resident in round %zu, %zu live", resident() / MIB, round, live / MIB);
    }
    _exit(0);
}

int main(void) {
    pthread_t threads[THREADS];
    begin();
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start(fill, (void *)i);
    pthread_barrier_wait(&barrier);
    pid_t pid = fork();
    if (pid == 0)
        live();
    expect_child(pid, "the child");
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < THREADS; i++)
        finish(threads[i]);
    return 0;
}
