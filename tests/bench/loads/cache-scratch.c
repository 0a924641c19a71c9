/* SPDX-License-Identifier: MIT */
/* cache-scratch [threads [iterations [size [writes]]]]: passive false sharing.  One thread
   allocates a block for each worker, next to one another; each worker frees the one it was given,
   so that an allocator that hands it out again puts workers on one cache line; then it allocates,
   writes to its block and frees it, again and again. */
#include "load.h"

enum { THREADS, ITERATIONS, SIZE, WRITES, OPTION_COUNT };
static struct load_option options[] = {
    {"threads", 2}, {"iterations", 1000}, {"size", 1}, {"writes", 700000}};

struct worker {
    void *given;
    char apart[CACHE_LINE];
};

static void *work(void *argument) {
    struct worker *worker = argument;
    free(worker->given);
    size_t size = (size_t)options[SIZE].value;
    for (unsigned long long i = options[ITERATIONS].value; i > 0; i--) {
        volatile unsigned char *block = load_malloc(size);
        memset((void *)block, 0, size);
        unsigned long long writes = options[WRITES].value;
        for (unsigned long long j = 0; j < writes; j++) {
            for (size_t k = 0; k < size; k++) {
                block[k]++;
            }
        }
        if (block[0] != (unsigned char)writes) {
            load_fail("a block was written to by somebody else");
        }
        free((void *)block);
    }
    return NULL;
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "cache-scratch", options, OPTION_COUNT);
    size_t count = (size_t)options[THREADS].value;
    if (count == 0 || options[SIZE].value == 0) {
        load_usage(options, OPTION_COUNT);
    }
    struct worker *workers = load_calloc(count, sizeof *workers);
    for (size_t i = 0; i < count; i++) {
        workers[i].given = load_malloc((size_t)options[SIZE].value);
    }
    load_run(count, work, workers, sizeof *workers);
    free(workers);
    return 0;
}
