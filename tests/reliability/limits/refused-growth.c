/* SPDX-License-Identifier: MIT */
/* Large blocks ask to grow to more than the machine has, again and again, two at a time, while
   other threads map and unmap memory of their own: nobody loses any.  (Where the kernel is asked to
   move the block to a place that was set aside, it empties that place before it refuses.) */
#include "case.h"

enum { THREADS = 2, REFUSALS = 3000 };
static atomic_bool is_over;

static void *map_and_unmap(void *arg) {
    unsigned random = (unsigned)(uintptr_t)arg;
    while (!atomic_load(&is_over)) {
        random = random * 1103515245 + 12345;
        size_t size = (140 + (random >> 16) % 3000) * MIB;
        volatile char *p = malloc(size);
        if (p == NULL)
            continue;
        p[0] = (char)random;
        sched_yield();
        /* What was taken away would be a fault here, which run.sh tells, or another's. */
        if (p[0] != (char)random)
            FAIL("a block of %zu MiB has changed", size / MIB);
        p[size / 2] = 1;
        free((void *)p);
    }
    return NULL;
}

static void *grow(void *arg) {
    size_t memory = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
    char *block = malloc(200 * MIB);
    CHECK(block != NULL);
    block[0] = 1;
    block[200 * MIB - 1] = 2;
    for (int i = 0; i < REFUSALS; i++) {
        char *grown = realloc(block, 2 * memory + 16 * GIB);
        if (grown != NULL)
            SKIP("the system refuses nothing");
        CHECK(block[0] == 1 && block[200 * MIB - 1] == 2);
    }
    free(block);
    return arg;
}

int main(void) {
    pthread_t threads[THREADS], other;
    begin();
    if (sizeof(void *) < 8)
        SKIP("the addresses are too few");
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start(map_and_unmap, (void *)(i + 1));
    other = start(grow, NULL);
    grow(NULL);
    finish(other);
    atomic_store(&is_over, true);
    for (int i = 0; i < THREADS; i++)
        finish(threads[i]);
    return 0;
}
