/* SPDX-License-Identifier: MIT */
/* Producers allocate and end; one thread, which never allocates, frees all.  The peak stays within
   1.3 times what was asked for and is live. */
#include "case.h"

enum { PRODUCERS = 8, SIZE_MAX_BITS = 12 };
static size_t per_producer;
static void **blocks; /* of the case itself */
static size_t asked[PRODUCERS];

static void *produce(void *arg) {
    uintptr_t index = (uintptr_t)arg;
    uint64_t random = index * 77 + 1;
    size_t sum = 0;
    for (size_t i = 0; i < per_producer; i++) {
        size_t size = 200 + random_size(&random, SIZE_MAX_BITS);
        void *p = malloc(size);
        CHECK(p != NULL);
        memset(p, 1, size);
        blocks[(index % PRODUCERS) * per_producer + i] = p;
        sum += size;
    }
    asked[index % PRODUCERS] = sum;
    return NULL;
}

static void *consume(void *arg) {
    size_t generation = (size_t)(uintptr_t)arg;
    for (size_t i = 0; i < per_producer; i++) {
        free(blocks[generation * per_producer + i]);
        blocks[generation * per_producer + i] = NULL;
    }
    return NULL;
}

int main(void) {
    begin();
    per_producer = times(8000, 40000);
    blocks = own_memory(PRODUCERS * per_producer * sizeof *blocks);
    size_t base = resident();
    /* The same generations again and again: each has a producer that is gone and a new one. */
    size_t most = 0, peak = 0;
    for (size_t round = 0; round < times(12, 40); round++) {
        for (uintptr_t g = 0; g < PRODUCERS; g++) {
            if (round > 0)
                finish(start(consume, (void *)g));
            finish(start(produce, (void *)(round * PRODUCERS + g)));
            size_t now = resident() - base, live = 0;
            for (size_t i = 0; i < PRODUCERS; i++)
                live += asked[i];
            peak = now > peak ? now : peak;
            most = live > most ? live : most;
        }
    }
    if (peak > most + most * 3 / 10 + MIB)
        FAIL("peak of %zu KiB, %zu live", peak / KIB, most / KIB);
    return 0;
}
