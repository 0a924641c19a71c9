/* SPDX-License-Identifier: MIT */
/* A thread allocates by nothing but mi_malloc_aligned_at, and another frees: the blocks come home,
   and memory does not grow. */
#include "case.h"

enum { ROUNDS = 400, ROUNDS_DELAYED = 40, BLOCKS = 2000 };

static int rounds = ROUNDS;
static void *(*allocate)(size_t size, size_t alignment, size_t offset);
static void *blocks[BLOCKS];
static pthread_barrier_t filled, emptied;

static void *release(void *arg) {
    for (int round = 0; round < rounds; round++) {
        pthread_barrier_wait(&filled);
        for (int i = 0; i < BLOCKS; i++)
            free(blocks[i]);
        pthread_barrier_wait(&emptied);
    }
    return arg;
}

int main(void) {
    begin();
#ifdef __SANITIZE_THREAD__ /* its own names, linked statically */
    allocate = mi_malloc_aligned_at;
#else
    *(void **)&allocate = dlsym(RTLD_DEFAULT, "mi_malloc_aligned_at");
#endif
    if (allocate == NULL)
        SKIP("there is no mi_malloc_aligned_at");
    if (column_is("delayed"))
        rounds = ROUNDS_DELAYED;
    void *volatile other = malloc(120); /* a block of the size's own class: it stays loaded */
    pthread_barrier_init(&filled, NULL, 2);
    pthread_barrier_init(&emptied, NULL, 2);
    pthread_t thread = start(release, NULL);
    size_t after_some = 0;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < BLOCKS; i++)
            CHECK((blocks[i] = allocate(100, 64, 8)) != NULL);
        pthread_barrier_wait(&filled);
        pthread_barrier_wait(&emptied);
        if (round == rounds / 8)
            after_some = resident();
    }
    finish(thread);
    if (resident() > after_some + 4 * MIB)
        FAIL("%zu KiB after an eighth of the rounds, %zu in the end", after_some / KIB,
             resident() / KIB);
    free(other);
    return 0;
}
