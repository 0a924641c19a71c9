/* SPDX-License-Identifier: MIT */
/* mixed-400 [mib [repeats]]: blocks of mixed sizes, 16 bytes to 128 KiB, until `mib` MiB are live,
   all freed in another order than they came.  Its peak is the measure, and what it costs to get
   there. */
#include "load.h"

enum { LIVE_MIB, REPEATS, OPTION_COUNT };
static struct load_option options[] = {{"mib", 400}, {"repeats", 7}};

enum { LISTS = 16 };

struct block {
    struct block *next;
    size_t size;
};

int main(int argc, char **argv) {
    load_arguments(argc, argv, "mixed-400", options, OPTION_COUNT);
    struct load_random random = load_seed(0);
    for (unsigned long long i = 0; i < options[REPEATS].value; i++) {
        struct block *lists[LISTS] = {NULL};
        size_t live = 0;
        size_t freed = 0;
        while (live < (size_t)options[LIVE_MIB].value * MIB) {
            size_t size = load_log_size(
                &random, 4, 5 + (unsigned)(load_below(&random, 8) + load_below(&random, 6)));
            struct block *block = load_malloc(size);
            load_touch(block, size);
            struct block **list = &lists[load_below(&random, LISTS)];
            *block = (struct block){*list, size};
            *list = block;
            live += size;
        }
        for (size_t j = 0; j < LISTS; j++) {
            while (lists[j] != NULL) {
                struct block *block = lists[j];
                lists[j] = block->next;
                freed += block->size;
                free(block);
            }
        }
        if (freed != live) {
            load_fail("%zu bytes were allocated, %zu freed", live, freed);
        }
    }
    return 0;
}
