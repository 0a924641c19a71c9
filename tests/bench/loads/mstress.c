/* SPDX-License-Identifier: MIT */
/* mstress [threads [scale [rounds]]]: in each round all threads are started anew.  Each allocates
   and frees at random, keeps a part until its end, and now and then exchanges a block of its own
   for one in a table that all share, where blocks outlive their threads.  Most blocks are small,
   one in a thousand is large.  Every word of a block holds its mark, which is verified when it is
   freed. */
#include "load.h"

#include <stdatomic.h>

enum { THREADS, SCALE, ROUNDS, OPTION_COUNT };
static struct load_option options[] = {{"threads", 2}, {"scale", 50}, {"rounds", 600}};

enum { TRANSFER = 1000 };
static _Atomic(uint64_t *) transfer[TRANSFER];

static const uint64_t MARK = UINT64_C(0xa5c3964b1e870f2d);

/* words[0] is the number of words, the others are marked with it. */
static uint64_t *allocate(struct load_random *random) {
    size_t word_count = 1 + load_below(random, 8);
    if (load_below(random, 1000) == 0) {
        word_count *= 1000;
    } else if (load_below(random, 10) == 0) {
        word_count *= 16;
    }
    uint64_t *words = load_malloc(word_count * sizeof *words);
    words[0] = word_count;
    for (size_t i = 1; i < word_count; i++) {
        words[i] = MARK ^ word_count;
    }
    return words;
}

static void release(uint64_t *words) {
    if (words == NULL) {
        return;
    }
    size_t word_count = (size_t)words[0];
    for (size_t i = 1; i < word_count; i++) {
        if (words[i] != (MARK ^ word_count)) {
            load_fail("word %zu of %zu was changed", i, word_count);
        }
    }
    free(words);
}

struct list {
    uint64_t **blocks;
    size_t count, room;
};

static void add(struct list *list, uint64_t *block) {
    if (list->count == list->room) {
        list->room = list->room == 0 ? 64 : list->room * 2;
        list->blocks = load_realloc(list->blocks, list->room * sizeof(uint64_t *));
    }
    list->blocks[list->count++] = block;
}

static void release_list(struct list *list) {
    for (size_t i = 0; i < list->count; i++) {
        release(list->blocks[i]);
    }
    free(list->blocks);
}

struct worker {
    struct load_random random;
    size_t number;
    char apart[CACHE_LINE];
};

static void *work(void *argument) {
    struct worker *worker = argument;
    struct load_random *random = &worker->random;
    /* some threads do more than others */
    size_t to_allocate = 100 * (size_t)options[SCALE].value * (worker->number % 8 + 1);
    size_t to_keep = to_allocate / 2;
    struct list kept = {0};
    struct list passing = {0};
    while (to_allocate > 0 || to_keep > 0) {
        if (to_keep == 0 || (load_below(random, 2) == 0 && to_allocate > 0)) {
            add(&passing, allocate(random));
            to_allocate--;
        } else {
            add(&kept, allocate(random));
            to_keep--;
        }
        if (load_below(random, 3) < 2 && passing.count > 0) {
            uint64_t **slot = &passing.blocks[load_below(random, passing.count)];
            release(*slot);
            *slot = NULL;
        }
        if (load_below(random, 4) == 0 && passing.count > 0) {
            uint64_t **slot = &passing.blocks[load_below(random, passing.count)];
            *slot = atomic_exchange(&transfer[load_below(random, TRANSFER)], *slot);
        }
    }
    release_list(&kept);
    release_list(&passing);
    return NULL;
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "mstress", options, OPTION_COUNT);
    size_t count = (size_t)options[THREADS].value;
    struct worker *workers = load_calloc(count, sizeof *workers);
    struct load_random random = load_seed(count);
    for (size_t i = 0; i < count; i++) {
        workers[i].number = i;
        workers[i].random = load_seed(i);
    }
    for (unsigned long long round = 0; round < options[ROUNDS].value; round++) {
        load_run(count, work, workers, sizeof *workers);
        bool last = round + 1 == options[ROUNDS].value;
        for (size_t i = 0; (last || round % 10 == 9) && i < TRANSFER; i++) {
            if (last || load_below(&random, 2) == 0) {
                release(atomic_exchange(&transfer[i], NULL));
            }
        }
    }
    free(workers);
    return 0;
}
