/* SPDX-License-Identifier: MIT */
/* xmalloc [producers [consumers [least [most [batches [rings]]]]]]: some threads only allocate and
   others only free.  Blocks go in batches of 128 through a bounded ring, or so many that the
   threads share in turn; so nothing comes back to the thread that allocated it but through the
   allocator. */
#include "load.h"

enum { PRODUCERS, CONSUMERS, LEAST, MOST, BATCHES, RINGS, OPTION_COUNT };
static struct load_option options[] = {{"producers", 2}, {"consumers", 2},    {"least", 64},
                                       {"most", 64},     {"batches", 150000}, {"rings", 1}};

enum { BATCH = 128, RING = 16 };

struct batch {
    void *blocks[BATCH];
};

/* Invariant: the batches from `first` on, `filled` of them, are full; guarded by lock. */
struct ring {
    pthread_mutex_t lock;
    pthread_cond_t fuller, emptier;
    struct batch batches[RING];
    size_t first, filled;
    bool ended;
    char apart[CACHE_LINE];
};

static void put(struct ring *ring, const struct batch *batch) {
    pthread_mutex_lock(&ring->lock);
    while (ring->filled == RING) {
        pthread_cond_wait(&ring->emptier, &ring->lock);
    }
    ring->batches[(ring->first + ring->filled++) % RING] = *batch;
    pthread_cond_signal(&ring->fuller);
    pthread_mutex_unlock(&ring->lock);
}

static bool get(struct ring *ring, struct batch *batch) {
    pthread_mutex_lock(&ring->lock);
    while (ring->filled == 0 && !ring->ended) {
        pthread_cond_wait(&ring->fuller, &ring->lock);
    }
    bool got = ring->filled > 0;
    if (got) {
        *batch = ring->batches[ring->first];
        ring->first = (ring->first + 1) % RING;
        ring->filled--;
        pthread_cond_signal(&ring->emptier);
    }
    pthread_mutex_unlock(&ring->lock);
    return got;
}

struct worker {
    struct ring *ring;
    uint64_t seed;
    unsigned long long freed;
    char apart[CACHE_LINE];
};

static void *produce(void *argument) {
    const struct worker *worker = argument;
    struct load_random random = load_seed(worker->seed);
    size_t least = (size_t)options[LEAST].value;
    size_t most = (size_t)options[MOST].value;
    for (unsigned long long i = options[BATCHES].value; i > 0; i--) {
        struct batch batch;
        for (size_t j = 0; j < BATCH; j++) {
            batch.blocks[j] = load_marked(load_between(&random, least, most));
        }
        put(worker->ring, &batch);
    }
    return NULL;
}

static void *consume(void *argument) {
    struct worker *worker = argument;
    struct batch batch;
    while (get(worker->ring, &batch)) {
        for (size_t j = 0; j < BATCH; j++) {
            size_t size = load_mark(batch.blocks[j]);
            if (size < options[LEAST].value || size > options[MOST].value) {
                load_fail("a block of %zu bytes: somebody else has written to it", size);
            }
            free(batch.blocks[j]);
        }
        worker->freed += BATCH;
    }
    return NULL;
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "xmalloc", options, OPTION_COUNT);
    size_t producers = (size_t)options[PRODUCERS].value;
    size_t consumers = (size_t)options[CONSUMERS].value;
    size_t ring_count = (size_t)options[RINGS].value;
    if (ring_count == 0 || producers < ring_count || consumers < ring_count ||
        options[LEAST].value < 4 || options[MOST].value < options[LEAST].value) {
        load_usage(options, OPTION_COUNT);
    }
    struct ring *rings = load_calloc(ring_count, sizeof *rings);
    for (size_t i = 0; i < ring_count; i++) {
        pthread_mutex_init(&rings[i].lock, NULL);
        pthread_cond_init(&rings[i].fuller, NULL);
        pthread_cond_init(&rings[i].emptier, NULL);
    }
    struct worker *workers = load_calloc(producers + consumers, sizeof *workers);
    pthread_t *threads = load_calloc(producers + consumers, sizeof *threads);
    for (size_t i = 0; i < producers + consumers; i++) {
        workers[i].seed = i;
        workers[i].ring = &rings[(i < producers ? i : i - producers) % ring_count];
        threads[i] = load_start(i < producers ? produce : consume, &workers[i]);
    }
    for (size_t i = 0; i < producers; i++) {
        load_join(threads[i]);
    }
    for (size_t i = 0; i < ring_count; i++) {
        pthread_mutex_lock(&rings[i].lock);
        rings[i].ended = true;
        pthread_cond_broadcast(&rings[i].fuller);
        pthread_mutex_unlock(&rings[i].lock);
    }
    unsigned long long freed = 0;
    for (size_t i = producers; i < producers + consumers; i++) {
        load_join(threads[i]);
        freed += workers[i].freed;
    }
    if (freed != producers * options[BATCHES].value * BATCH) {
        load_fail("%llu blocks came out of the rings", freed);
    }
    free(threads);
    free(workers);
    free(rings);
    return 0;
}
