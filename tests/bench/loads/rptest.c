/* SPDX-License-Identifier: MIT */
/* rptest [threads [loops [blocks [least [most [cross]]]]]]: each loop allocates blocks of random
   sizes, frees some of them while others are still being allocated, and then the rest.  In every
   `cross`-th loop a thread leaves its blocks to another one and frees what a third has left. */
#include "load.h"

#include <stdatomic.h>

enum { THREADS, LOOPS, BLOCKS, LEAST, MOST, CROSS, OPTION_COUNT };
static struct load_option options[] = {{"threads", 2}, {"loops", 1500}, {"blocks", 2000},
                                       {"least", 8},   {"most", 16000}, {"cross", 2}};

struct worker {
    struct load_random random;
    size_t number;
    _Atomic(void **) left; /* a table of blocks that some other thread is to free, or NULL */
    char apart[CACHE_LINE];
};

static struct worker *workers;

static void release(void *block) {
    if (block == NULL) {
        return;
    }
    size_t size = load_mark(block);
    if (size < options[LEAST].value || size > options[MOST].value) {
        load_fail("a block of %zu bytes: somebody else has written to it", size);
    }
    free(block);
}

static void release_table(void **table) {
    for (size_t i = 0; table != NULL && i < options[BLOCKS].value; i++) {
        release(table[i]);
    }
    free(table);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    struct load_random *random = &worker->random;
    size_t count = (size_t)options[BLOCKS].value;
    size_t least = (size_t)options[LEAST].value;
    size_t most = (size_t)options[MOST].value;
    for (unsigned long long loop = 1; loop <= options[LOOPS].value; loop++) {
        void **table = load_calloc(count, sizeof *table);
        for (size_t i = 0; i < count; i++) {
            table[i] = load_marked(load_between(random, least, most));
            if (i % 3 == 2) {
                size_t other = load_below(random, i);
                release(table[other]);
                table[other] = NULL;
            }
        }
        if (options[CROSS].value != 0 && loop % options[CROSS].value == 0) {
            size_t next = (worker->number + 1) % (size_t)options[THREADS].value;
            table = atomic_exchange(&workers[next].left, table);
            release_table(atomic_exchange(&worker->left, NULL));
        }
        release_table(table);
    }
    return NULL;
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "rptest", options, OPTION_COUNT);
    if (options[LEAST].value < 4 || options[MOST].value < options[LEAST].value) {
        load_usage(options, OPTION_COUNT);
    }
    size_t count = (size_t)options[THREADS].value;
    workers = load_calloc(count, sizeof *workers);
    for (size_t i = 0; i < count; i++) {
        workers[i].random = load_seed(i);
        workers[i].number = i;
    }
    load_run(count, work, workers, sizeof *workers);
    for (size_t i = 0; i < count; i++) {
        release_table(atomic_load(&workers[i].left));
    }
    free(workers);
    return 0;
}
