/* SPDX-License-Identifier: MIT */
/* One thread, which never allocates, frees what others allocated: the peak stays within 1.3 times
   what was asked for and is live.  First the producers end, one after the other; then sixteen
   produce at once, for as long as the one that frees lives, and wait where too much is live. */
#include "case.h"
#include <sched.h>

enum { PRODUCERS = 8, SIZE_MAX_BITS = 12 };
static size_t per_producer;
static void **blocks; /* of the case itself */
static size_t asked[PRODUCERS];

static size_t next_size(uint64_t *random) {
    return 200 + random_size(random, SIZE_MAX_BITS);
}

static void *produce(void *arg) {
    uintptr_t index = (uintptr_t)arg;
    uint64_t random = index * 77 + 1;
    size_t sum = 0;
    for (size_t i = 0; i < per_producer; i++) {
        size_t size = next_size(&random);
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

static size_t base; /* resident before all */

static size_t above_base(void) {
    size_t now = resident();
    return now > base ? now - base : 0;
}

static void judge(const char *when, size_t peak, size_t most) {
    if (peak > most + most * allowed(3, 4) / 10 + MIB)
        FAIL("%s: peak of %zu KiB, %zu live", when, peak / KIB, most / KIB);
}

/* The same generations again and again: each has a producer that is gone and a new one. */
static void one_by_one(void) {
    size_t most = 0, peak = 0;
    for (size_t round = 0; round < times(12, 40); round++) {
        for (uintptr_t g = 0; g < PRODUCERS; g++) {
            if (round > 0)
                finish(start(consume, (void *)g));
            finish(start(produce, (void *)(round * PRODUCERS + g)));
            size_t now = above_base(), live = 0;
            for (size_t i = 0; i < PRODUCERS; i++)
                live += asked[i];
            peak = now > peak ? now : peak;
            most = live > most ? live : most;
        }
    }
    judge("one by one", peak, most);
    for (uintptr_t g = 0; g < PRODUCERS; g++)
        consume((void *)g);
}

/* ---- sixteen at once */

enum { AT_ONCE = 16, RING = 32768 };
static struct ring {
    _Atomic(size_t) a_head, a_tail; /* by the producer, by the one that frees */
    struct {
        void *p;
        size_t size;
    } * entries;
} rings[AT_ONCE];
static _Atomic(size_t) a_live, a_done;
static size_t live_max, bytes_each;

static void *produce_on(void *arg) {
    struct ring *ring = arg;
    uint64_t random = (uintptr_t)(ring - rings) * 131 + 7;
    for (size_t sum = 0, head = 0; sum < bytes_each; head++) {
        size_t size = next_size(&random);
        while (atomic_load(&a_live) > live_max || head - atomic_load(&ring->a_tail) >= RING)
            pause_ms(1);
        void *p = malloc(size);
        CHECK(p != NULL);
        memset(p, 1, size);
        atomic_fetch_add(&a_live, size);
        ring->entries[head % RING].p = p;
        ring->entries[head % RING].size = size;
        atomic_store(&ring->a_head, head + 1);
        sum += size;
    }
    atomic_fetch_add(&a_done, 1);
    return NULL;
}

/* The oldest of each in turn, and only while much is live: or there would be little to measure. */
static void *free_for_all(void *arg) {
    for (;;) {
        bool was_done = atomic_load(&a_done) == AT_ONCE;
        size_t freed = 0;
        for (size_t i = 0; i < AT_ONCE; i++) {
            struct ring *ring = &rings[i];
            size_t tail = atomic_load(&ring->a_tail);
            if (tail == atomic_load(&ring->a_head) ||
                (!was_done && atomic_load(&a_live) < live_max / 8 * 7))
                continue;
            free(ring->entries[tail % RING].p);
            atomic_fetch_sub(&a_live, ring->entries[tail % RING].size);
            atomic_store(&ring->a_tail, tail + 1);
            freed++;
        }
        if (freed == 0 && was_done)
            return arg;
        if (freed == 0)
            sched_yield();
    }
}

static void all_at_once(void) {
    static pthread_t producers[AT_ONCE];
    live_max = (column_is("sanitized") ? 16 : 370) * MIB; /* there nothing is measured */
    bytes_each = times(2, 12) * live_max / AT_ONCE;
    size_t most = 0, peak = 0;
    pthread_t consumer = start(free_for_all, NULL);
    for (size_t i = 0; i < AT_ONCE; i++)
        producers[i] = start(produce_on, &rings[i]);
    while (atomic_load(&a_done) < AT_ONCE) {
        size_t now = above_base(), live = atomic_load(&a_live);
        peak = now > peak ? now : peak;
        most = live > most ? live : most;
        pause_ms(2);
    }
    for (size_t i = 0; i < AT_ONCE; i++)
        finish(producers[i]);
    finish(consumer);
    CHECK(atomic_load(&a_live) == 0);
    judge("sixteen at once", peak, most);
}

int main(void) {
    begin();
    per_producer = times(8000, 40000);
    blocks = own_memory(PRODUCERS * per_producer * sizeof *blocks);
    for (size_t i = 0; i < AT_ONCE; i++)
        rings[i].entries = own_memory(RING * sizeof *rings[i].entries);
    base = resident();
    one_by_one();
    all_at_once();
    return 0;
}
