/* SPDX-License-Identifier: MIT */
/* Blocks that different threads allocate at the same time never share a cache line of 64 bytes. */
#include "case.h"

enum { BLOCKS = 3000, THREADS = 4 };
static uintptr_t lines[THREADS][BLOCKS];
static pthread_barrier_t barrier;

static void *live(void *arg) {
    uintptr_t index = (uintptr_t)arg;
    for (size_t i = 0; i < BLOCKS; i++) {
        if (i % 100 == 0)
            pthread_barrier_wait(&barrier);
        lines[index][i] = (uintptr_t)malloc(8 + i % 40) / 64;
    }
    return NULL;
}

static int compare(const void *a, const void *b) {
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return x < y ? -1 : x > y;
}

int main(void) {
    pthread_t threads[THREADS];
    begin();
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start(live, (void *)i);
    for (int i = 0; i < THREADS; i++)
        finish(threads[i]);
    for (int i = 0; i < THREADS; i++)
        qsort(lines[i], BLOCKS, sizeof lines[i][0], compare);
    for (int i = 0; i < THREADS; i++)
        for (int j = 0; j < THREADS; j++)
            for (size_t k = 0; i != j && k < BLOCKS; k++)
                if (bsearch(&lines[i][k], lines[j], BLOCKS, sizeof lines[j][0], compare) != NULL)
                    FAIL("threads %d and %d share a cache line", i, j);
    return 0;
}
