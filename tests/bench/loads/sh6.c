/* SPDX-License-Identifier: MIT */
/* sh6 [threads [batches [blocks [most]]]]: batches of small blocks, runs of one size each, the
   smaller the longer; every other batch is freed in its order, the rest in reverse, and a part of
   each is freed only after the next batch was allocated. */
#include "load.h"

enum { THREADS, BATCHES, BLOCKS, MOST, OPTION_COUNT };
static struct load_option options[] = {
    {"threads", 1}, {"batches", 20000}, {"blocks", 4000}, {"most", 1000}};

struct worker {
    struct load_random random;
    char apart[CACHE_LINE];
};

static void fill(struct load_random *random, void **blocks, size_t count) {
    size_t most = (size_t)options[MOST].value;
    for (size_t i = 0; i < count;) {
        size_t size = 1 + load_below(random, 1 + load_below(random, most));
        for (size_t run = 1 + most / size; run > 0 && i < count; run--) {
            blocks[i++] = load_marked(size);
        }
    }
}

static void release(void *block) {
    if (load_mark(block) > options[MOST].value) {
        load_fail("a block was written to by somebody else");
    }
    free(block);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    size_t count = (size_t)options[BLOCKS].value;
    size_t late_count = count / 8;
    void **blocks = load_malloc(count * sizeof *blocks);
    void **late = load_malloc((late_count + 1) * sizeof *late);
    for (unsigned long long i = 0; i < options[BATCHES].value; i++) {
        fill(&worker->random, blocks, count);
        for (size_t j = 0; i > 0 && j < late_count; j++) {
            release(late[j]);
        }
        memcpy(late, blocks, late_count * sizeof *late);
        if (i % 2 == 0) {
            for (size_t j = late_count; j < count; j++) {
                release(blocks[j]);
            }
        } else {
            for (size_t j = count; j > late_count; j--) {
                release(blocks[j - 1]);
            }
        }
    }
    for (size_t j = 0; options[BATCHES].value > 0 && j < late_count; j++) {
        release(late[j]);
    }
    free(late);
    free(blocks);
    return NULL;
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "sh6", options, OPTION_COUNT);
    size_t count = (size_t)options[THREADS].value;
    if (options[MOST].value == 0) {
        load_usage(options, OPTION_COUNT);
    }
    struct worker *workers = load_calloc(count, sizeof *workers);
    for (size_t i = 0; i < count; i++) {
        workers[i].random = load_seed(i);
    }
    if (count == 1) {
        work(workers);
    } else {
        load_run(count, work, workers, sizeof *workers);
    }
    free(workers);
    return 0;
}
