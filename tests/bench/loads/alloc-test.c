/* SPDX-License-Identifier: MIT */
/* alloc-test [threads [operations [slots [most]]]]: each thread replaces blocks in random slots of
   a table of its own; sizes follow a Pareto distribution up to `most` bytes, and every byte of a
   block is written. */
#include "load.h"

enum { THREADS, OPERATIONS, SLOTS, MOST, OPTION_COUNT };
static struct load_option options[] = {
    {"threads", 1}, {"operations", 25000000}, {"slots", 65536}, {"most", 1024}};

static uint16_t sizes[SIZE_TABLE];

struct worker {
    uint64_t seed;
    char apart[CACHE_LINE];
};

static void *work(void *argument) {
    const struct worker *worker = argument;
    struct load_random random = load_seed(worker->seed);
    size_t slot_count = (size_t)options[SLOTS].value;
    void **slots = load_calloc(slot_count, sizeof *slots);
    for (unsigned long long i = options[OPERATIONS].value; i > 0; i--) {
        void **slot = &slots[load_below(&random, slot_count)];
        if (*slot != NULL) {
            size_t size = load_mark(*slot);
            if (size > options[MOST].value) {
                load_fail("a block of %zu bytes: somebody else has written to it", size);
            }
            free(*slot);
        }
        size_t size = sizes[load_next(&random) >> 51];
        *slot = load_marked(size);
        memset((char *)*slot + 4, (int)size, size - 4);
    }
    for (size_t i = 0; i < slot_count; i++) {
        free(slots[i]);
    }
    free(slots);
    return NULL;
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "alloc-test", options, OPTION_COUNT);
    load_size_table(sizes, 8, 32, (size_t)options[MOST].value);
    size_t count = (size_t)options[THREADS].value;
    struct worker *workers = load_calloc(count, sizeof *workers);
    for (size_t i = 0; i < count; i++) {
        workers[i].seed = i;
    }
    if (count == 1) {
        work(workers); /* a program of one thread, for the C library too */
    } else {
        load_run(count, work, workers, sizeof *workers);
    }
    free(workers);
    return 0;
}
