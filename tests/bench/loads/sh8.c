/* SPDX-License-Identifier: MIT */
/* sh8 [threads [batches [blocks [most]]]]: as sh6, batches of small blocks freed in order and in
   reverse, but each thread frees the batches of its neighbour; a thread alone frees its own. */
#include "load.h"

enum { THREADS, BATCHES, BLOCKS, MOST, OPTION_COUNT };
static struct load_option options[] = {
    {"threads", 2}, {"batches", 20000}, {"blocks", 1000}, {"most", 1000}};

enum { PLACES = 4 };

/* Batches that the thread is to free: `filled` of them from `first` on; guarded by lock. */
struct worker {
    struct load_random random;
    struct worker *next;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void **batches[PLACES];
    size_t first, filled;
    char apart[CACHE_LINE];
};

static void put(struct worker *to, void **batch) {
    pthread_mutex_lock(&to->lock);
    while (to->filled == PLACES) {
        pthread_cond_wait(&to->changed, &to->lock);
    }
    to->batches[(to->first + to->filled++) % PLACES] = batch;
    pthread_cond_broadcast(&to->changed);
    pthread_mutex_unlock(&to->lock);
}

static void **get(struct worker *worker) {
    pthread_mutex_lock(&worker->lock);
    while (worker->filled == 0) {
        pthread_cond_wait(&worker->changed, &worker->lock);
    }
    void **batch = worker->batches[worker->first];
    worker->first = (worker->first + 1) % PLACES;
    worker->filled--;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    return batch;
}

static void **allocate(struct load_random *random) {
    size_t count = (size_t)options[BLOCKS].value;
    size_t most = (size_t)options[MOST].value;
    void **blocks = load_malloc(count * sizeof *blocks);
    for (size_t i = 0; i < count;) {
        size_t size = 1 + load_below(random, 1 + load_below(random, most));
        for (size_t run = 1 + most / size / 4; run > 0 && i < count; run--) {
            blocks[i++] = load_marked(size);
        }
    }
    return blocks;
}

static void release(void *block) {
    if (load_mark(block) > options[MOST].value) {
        load_fail("a block was written to by somebody else");
    }
    free(block);
}

static void release_batch(void **blocks, bool reverse) {
    size_t count = (size_t)options[BLOCKS].value;
    for (size_t i = 0; i < count; i++) {
        release(blocks[reverse ? count - 1 - i : i]);
    }
    free(blocks);
}

/* A thread has put at most two batches more than it has got.  So not all places of all threads are
   full, and one whose places are full is never waiting to get: somebody can always go on. */
static void *work(void *argument) {
    struct worker *worker = argument;
    put(worker->next, allocate(&worker->random));
    for (unsigned long long i = 1; i < options[BATCHES].value; i++) {
        put(worker->next, allocate(&worker->random));
        release_batch(get(worker), i % 2 == 0);
    }
    release_batch(get(worker), true);
    return NULL;
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "sh8", options, OPTION_COUNT);
    size_t count = (size_t)options[THREADS].value;
    if (options[MOST].value == 0) {
        load_usage(options, OPTION_COUNT);
    }
    struct worker *workers = load_calloc(count, sizeof *workers);
    for (size_t i = 0; i < count; i++) {
        workers[i].random = load_seed(i);
        workers[i].next = &workers[(i + 1) % count];
        pthread_mutex_init(&workers[i].lock, NULL);
        pthread_cond_init(&workers[i].changed, NULL);
    }
    load_run(count, work, workers, sizeof *workers);
    free(workers);
    return 0;
}
