/* SPDX-License-Identifier: MIT */
/* swap4 [threads [operations [slots [least [most]]]]]: threads put fresh blocks into random slots
   of a table that they share and free what they found there, which any of them may have allocated.
 */
#include "load.h"

#include <stdatomic.h>

enum { THREADS, OPERATIONS, SLOTS, LEAST, MOST, OPTION_COUNT };
static struct load_option options[] = {
    {"threads", 4}, {"operations", 8000000}, {"slots", 4096}, {"least", 16}, {"most", 1024}};

static _Atomic(void *) *table;

struct worker {
    uint64_t seed;
    char apart[CACHE_LINE];
};

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

static void *work(void *argument) {
    const struct worker *worker = argument;
    struct load_random random = load_seed(worker->seed);
    for (unsigned long long i = options[OPERATIONS].value; i > 0; i--) {
        void *block = load_marked(
            load_between(&random, (size_t)options[LEAST].value, (size_t)options[MOST].value));
        release(atomic_exchange(&table[load_below(&random, (size_t)options[SLOTS].value)], block));
    }
    return NULL;
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "swap4", options, OPTION_COUNT);
    size_t count = (size_t)options[THREADS].value;
    struct worker *workers = load_calloc(count, sizeof *workers);
    for (size_t i = 0; i < count; i++) {
        workers[i].seed = i;
    }
    table = load_calloc((size_t)options[SLOTS].value, sizeof *table);
    load_run(count, work, workers, sizeof *workers);
    for (size_t i = 0; i < options[SLOTS].value; i++) {
        release(atomic_load(&table[i]));
    }
    free(table);
    free(workers);
    return 0;
}
