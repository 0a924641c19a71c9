/* SPDX-License-Identifier: MIT */
/* mleak [rounds [threads [blocks]]]: threads that come and go.  Each allocates blocks, frees them
   all but a few, and leaves those to the main thread, which frees them rounds later: what ended
   threads held must not pile up. */
#include "load.h"

enum { ROUNDS, THREADS, BLOCKS, OPTION_COUNT };
static struct load_option options[] = {{"rounds", 6000}, {"threads", 4}, {"blocks", 500}};

enum { LEFT = 4, LATER = 8 };

struct worker {
    struct load_random random;
    void *left[LATER][LEFT];
    size_t turn;
};

static void *work(void *argument) {
    struct worker *worker = argument;
    size_t count = (size_t)options[BLOCKS].value;
    void **blocks = load_malloc(count * sizeof *blocks);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = load_marked(load_log_size(&worker->random, 3, 11));
    }
    for (size_t i = 0; i < count; i++) {
        if (i < LEFT) {
            worker->left[worker->turn][i] = blocks[i];
        } else {
            free(blocks[i]);
        }
    }
    free(blocks);
    return NULL;
}

static void clear(void *left[LEFT]) {
    for (size_t i = 0; i < LEFT; i++) {
        if (left[i] != NULL && load_mark(left[i]) >= 2048) {
            load_fail("a block that was left behind was written to");
        }
        free(left[i]);
        left[i] = NULL;
    }
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "mleak", options, OPTION_COUNT);
    size_t count = (size_t)options[THREADS].value;
    struct worker *workers = load_calloc(count, sizeof *workers);
    for (size_t i = 0; i < count; i++) {
        workers[i].random = load_seed(i);
    }
    for (unsigned long long round = 0; round < options[ROUNDS].value; round++) {
        for (size_t i = 0; i < count; i++) {
            workers[i].turn = (size_t)(round % LATER);
            clear(workers[i].left[workers[i].turn]);
        }
        load_run(count, work, workers, sizeof *workers);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t turn = 0; turn < LATER; turn++) {
            clear(workers[i].left[turn]);
        }
    }
    free(workers);
    return 0;
}
