/* SPDX-License-Identifier: MIT */
/* blow-up [mib [every [repeats]]]: in each phase blocks of one size are allocated until `mib` MiB
   are live, and then all of the phase are freed but every `every`-th.  The next phase has another
   size, and a later one may use what an earlier one has left free, if the allocator lets it: memory
   should follow what is live.  The survivors are freed after the last phase, and all is repeated.
 */
#include "load.h"

enum { LIVE_MIB, EVERY, REPEATS, OPTION_COUNT };
static struct load_option options[] = {{"mib", 64}, {"every", 16}, {"repeats", 3}};

/* A list through the blocks themselves, so that nothing else is allocated. */
struct block {
    struct block *next;
    size_t size;
};

static struct block *phase(size_t size, size_t count, struct block *survivors) {
    struct block *all = NULL;
    for (size_t i = 0; i < count; i++) {
        struct block *block = load_malloc(size);
        memset(block, 0x5a, size);
        *block = (struct block){all, size};
        all = block;
    }
    for (size_t i = 0; all != NULL; i++) {
        struct block *block = all;
        all = all->next;
        if (i % options[EVERY].value == 0) {
            block->next = survivors;
            survivors = block;
        } else {
            free(block);
        }
    }
    return survivors;
}

int main(int argc, char **argv) {
    static const size_t sizes[] = {64, 1000, 200, 4000, 128, 2000, 32, 8000, 512, 30000, 96, 300};
    load_arguments(argc, argv, "blow-up", options, OPTION_COUNT);
    if (options[EVERY].value == 0) {
        load_usage(options, OPTION_COUNT);
    }
    for (unsigned long long i = 0; i < options[REPEATS].value; i++) {
        struct block *survivors = NULL;
        size_t live = 0;
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
            size_t room = (size_t)options[LIVE_MIB].value * MIB;
            size_t count = live < room ? (room - live) / sizes[j] : 0;
            survivors = phase(sizes[j], count, survivors);
            live += (count + options[EVERY].value - 1) / options[EVERY].value * sizes[j];
        }
        while (survivors != NULL) {
            struct block *block = survivors;
            unsigned char last = ((unsigned char *)block)[block->size - 1];
            if (last != 0x5a) {
                load_fail("a survivor of %zu bytes was written to", block->size);
            }
            live -= block->size;
            survivors = block->next;
            free(block);
        }
        if (live != 0) {
            load_fail("%zu bytes of survivors are missing", live);
        }
    }
    return 0;
}
