/* SPDX-License-Identifier: MIT */
/* A allocates and then waits; B frees what A gave: what B frees into the memory of a blocked thread
   is not lost, but there for A when it goes on. */
#include "case.h"

enum { BLOCKS = 20000, SIZE = 500 };
static void *blocks[BLOCKS];
static pthread_barrier_t barrier;

static void *owner(void *arg) {
    for (size_t round = 0; round < times(10, 200); round++) {
        for (size_t i = 0; i < BLOCKS; i++)
            memset(blocks[i] = malloc(SIZE), 1, SIZE);
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier); /* the other has freed all */
    }
    return arg;
}

int main(void) {
    begin();
    pthread_barrier_init(&barrier, NULL, 2);
    size_t base = resident(), peak = 0;
    pthread_t thread = start(owner, NULL);
    for (size_t round = 0; round < times(10, 200); round++) {
        pthread_barrier_wait(&barrier);
        size_t now = resident() - base;
        peak = now > peak ? now : peak;
        for (size_t i = 0; i < BLOCKS; i++)
            free(blocks[i]);
        pthread_barrier_wait(&barrier);
    }
    finish(thread);
    if (peak > 2 * (size_t)BLOCKS * SIZE + 2 * MIB)
        FAIL("peak of %zu KiB, %zu live", peak / KIB, (size_t)BLOCKS * SIZE / KIB);
    return 0;
}
