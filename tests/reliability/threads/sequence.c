/* SPDX-License-Identifier: MIT */
/* Threads one after the other, each with 100 blocks of which it leaves half to the next one: memory
   stays flat. */
#include "case.h"

enum { BLOCKS = 100 };
static void *blocks[BLOCKS];
static uint64_t state;

static void *live(void *arg) {
    for (size_t i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
        blocks[i] = malloc(random_size(&state, 12));
        *(char *)blocks[i] = 1;
    }
    for (size_t i = 0; i < BLOCKS; i += 2) {
        free(blocks[i]);
        blocks[i] = NULL;
    }
    return arg;
}

int main(void) {
    begin();
    size_t count = times(6000, 100000);
    size_t early = 0, early_maps = 0;
    for (size_t i = 0; i < count; i++) {
        finish(start(live, NULL));
        if (i == count / 10) {
            early = resident();
            early_maps = mappings();
        }
    }
    size_t late = resident(), late_maps = mappings();
    if (late > early + early / 10 + 512 * KIB)
        FAIL("%zu KiB after %zu threads, %zu after %zu", early / KIB, count / 10, late / KIB,
             count);
    if (late_maps > early_maps + 20)
        FAIL("%zu mappings after %zu threads, %zu after %zu", early_maps, count / 10, late_maps,
             count);
    return 0;
}
