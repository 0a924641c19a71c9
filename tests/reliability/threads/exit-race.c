/* SPDX-License-Identifier: MIT */
/* Blocks are freed by others while the thread that allocated them ends. */
#include "case.h"

enum { BLOCKS = 400 };
static _Atomic(unsigned char *) a_blocks[BLOCKS];
static atomic_bool a_stop;

static void *allocate(void *arg) {
    uint64_t random = (uintptr_t)arg;
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = 2 + random_size(&random, 12);
        unsigned char *p = malloc(size);
        CHECK(p != NULL);
        p[0] = p[1] = (unsigned char)i;
        p = atomic_exchange(&a_blocks[i], p);
        if (p != NULL) {
            CHECK(p[0] == (unsigned char)i && p[1] == p[0]);
            free(p);
        }
    }
    return NULL;
}

static void *release(void *arg) {
    uint64_t random = (uintptr_t)arg;
    while (!atomic_load(&a_stop)) {
        size_t i = (size_t)(next_random(&random) % BLOCKS);
        unsigned char *p = atomic_exchange(&a_blocks[i], NULL);
        if (p == NULL)
            continue;
        CHECK(p[0] == (unsigned char)i && p[1] == p[0]);
        free(p);
    }
    return NULL;
}

int main(void) {
    pthread_t others[2];
    begin();
    for (uintptr_t i = 0; i < COUNT_OF(others); i++)
        others[i] = start(release, (void *)(i + 1));
    size_t early = 0, count = times(800, 20000);
    for (uintptr_t i = 0; i < count; i++) {
        pthread_t first = start(allocate, (void *)i), second = start(allocate, (void *)(i + 7));
        finish(first);
        finish(second);
        if (i == count / 5)
            early = resident();
    }
    atomic_store(&a_stop, true);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        finish(others[i]);
    if (resident() > early + 4 * MIB)
        FAIL("%zu KiB after %zu rounds, %zu early", resident() / KIB, count, early / KIB);
    return 0;
}
