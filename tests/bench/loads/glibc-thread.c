/* SPDX-License-Identifier: MIT */
/* glibc-thread [threads [operations]]: each thread replaces a random block of a working set of
   1024; sizes to 32 KiB, the likelier the smaller; sizes and order are drawn beforehand. */
#include "load.h"

enum { THREADS, OPERATIONS, OPTION_COUNT };
static struct load_option options[] = {{"threads", 2}, {"operations", 50000000}};

enum { WORKING_SET = 1024, DRAWN = 65536 };
static uint16_t sizes[DRAWN], places[DRAWN];

struct worker {
    size_t at;
    char apart[CACHE_LINE];
};

static void *work(void *argument) {
    struct worker *worker = argument;
    void *set[WORKING_SET] = {NULL};
    for (unsigned long long i = options[OPERATIONS].value; i > 0; i--) {
        worker->at = (worker->at + 1) % DRAWN;
        void **slot = &set[places[worker->at]];
        free(*slot);
        *slot = load_malloc(sizes[worker->at]);
    }
    for (size_t i = 0; i < WORKING_SET; i++) {
        free(set[i]);
    }
    return NULL;
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "glibc-thread", options, OPTION_COUNT);
    static uint16_t drawn[SIZE_TABLE];
    load_size_table(drawn, 4, 64, 32768);
    struct load_random random = load_seed(0);
    for (size_t i = 0; i < DRAWN; i++) {
        sizes[i] = drawn[load_below(&random, SIZE_TABLE)];
        places[i] = (uint16_t)load_below(&random, WORKING_SET);
    }
    size_t count = (size_t)options[THREADS].value;
    struct worker *workers = load_calloc(count, sizeof *workers);
    for (size_t i = 0; i < count; i++) {
        workers[i].at = i * (DRAWN / count);
    }
    load_run(count, work, workers, sizeof *workers);
    free(workers);
    return 0;
}
