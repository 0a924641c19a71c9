/* SPDX-License-Identifier: MIT */
/* thread-churn [threads [at once [blocks]]]: many threads in sequence, a few at a time.  Each
   allocates some blocks and frees those of the thread that was in its place before. */
#include "load.h"

enum { THREADS, AT_ONCE, BLOCKS, OPTION_COUNT };
static struct load_option options[] = {{"threads", 30000}, {"at once", 4}, {"blocks", 100}};

struct place {
    struct load_random random;
    void **blocks;
    pthread_t thread;
    bool taken;
    char apart[CACHE_LINE];
};

static void *work(void *argument) {
    struct place *place = argument;
    size_t count = (size_t)options[BLOCKS].value;
    void **blocks = load_malloc(count * sizeof *blocks);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = load_marked(load_log_size(&place->random, 3, 12));
    }
    for (size_t i = 0; place->blocks != NULL && i < count; i++) {
        if (load_mark(place->blocks[i]) >= 4096) {
            load_fail("a block of a thread before was written to");
        }
        free(place->blocks[i]);
    }
    free(place->blocks);
    place->blocks = blocks;
    return NULL;
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "thread-churn", options, OPTION_COUNT);
    size_t at_once = (size_t)options[AT_ONCE].value;
    if (at_once == 0) {
        load_usage(options, OPTION_COUNT);
    }
    struct place *places = load_calloc(at_once, sizeof *places);
    for (unsigned long long i = 0; i < options[THREADS].value + at_once; i++) {
        struct place *place = &places[i % at_once];
        if (place->taken) {
            load_join(place->thread);
            place->taken = false;
        } else {
            place->random = load_seed(i);
        }
        if (i < options[THREADS].value) {
            place->thread = load_start(work, place);
            place->taken = true;
        }
    }
    for (size_t i = 0; i < at_once; i++) {
        for (size_t j = 0; places[i].blocks != NULL && j < options[BLOCKS].value; j++) {
            free(places[i].blocks[j]);
        }
        free(places[i].blocks);
    }
    free(places);
    return 0;
}
