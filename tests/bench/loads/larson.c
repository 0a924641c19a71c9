/* SPDX-License-Identifier: MIT */
/* larson [threads [least [most [blocks [replacements [rounds]]]]]]: a server.  Each thread has an
   array of blocks of random sizes, replaces as many at random as it is told, starts a fresh thread,
   leaves the array to that one, and ends; so a block is freed rounds after the thread that
   allocated it has gone. */
#include "load.h"

enum { THREADS, LEAST, MOST, BLOCKS, REPLACEMENTS, ROUNDS, OPTION_COUNT };
static struct load_option options[] = {{"threads", 2},           {"least", 8},
                                       {"most", 1000},           {"blocks", 5000},
                                       {"replacements", 500000}, {"rounds", 40}};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t running; /* chains of threads that have not come to their end; guarded by lock */

struct array {
    struct load_random random;
    unsigned long long rounds; /* that are left */
    void **blocks;
    char apart[CACHE_LINE];
};

static void *fresh(struct array *array) {
    return load_marked(
        load_between(&array->random, (size_t)options[LEAST].value, (size_t)options[MOST].value));
}

static void *serve(void *argument) {
    struct array *array = argument;
    for (unsigned long long i = options[REPLACEMENTS].value; i > 0; i--) {
        void **slot = &array->blocks[load_below(&array->random, (size_t)options[BLOCKS].value)];
        size_t size = load_mark(*slot);
        if (size < options[LEAST].value || size > options[MOST].value) {
            load_fail("a block of %zu bytes: somebody else has written to it", size);
        }
        free(*slot);
        *slot = fresh(array);
    }
    if (--array->rounds > 0) {
        int error = pthread_detach(load_start(serve, array));
        if (error != 0) {
            load_fail("a thread is not to be detached: %s", strerror(error));
        }
        return NULL;
    }
    pthread_mutex_lock(&lock);
    running--;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "larson", options, OPTION_COUNT);
    size_t count = (size_t)options[THREADS].value;
    size_t block_count = (size_t)options[BLOCKS].value;
    struct array *arrays = load_calloc(count, sizeof *arrays);
    for (size_t i = 0; i < count; i++) {
        arrays[i].random = load_seed(i);
        arrays[i].rounds = options[ROUNDS].value;
        arrays[i].blocks = load_calloc(block_count, sizeof(void *));
        for (size_t j = 0; j < block_count; j++) {
            arrays[i].blocks[j] = fresh(&arrays[i]);
        }
    }
    running = count;
    for (size_t i = 0; i < count; i++) {
        pthread_detach(load_start(serve, &arrays[i]));
    }
    pthread_mutex_lock(&lock);
    while (running > 0) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < block_count; j++) {
            free(arrays[i].blocks[j]);
        }
        free(arrays[i].blocks);
    }
    free(arrays);
    return 0;
}
