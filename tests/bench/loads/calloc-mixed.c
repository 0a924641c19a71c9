/* SPDX-License-Identifier: MIT */
/* calloc-mixed [operations [slots [most]]]: blocks of 16 bytes to `most` KiB from calloc replace
   one another in a live set, the smaller the likelier; some bytes of each are verified to be zero
   and all of its pages are written before it is freed. */
#include "load.h"

enum { OPERATIONS, SLOTS, MOST_KIB, OPTION_COUNT };
static struct load_option options[] = {{"operations", 3000000}, {"slots", 4000}, {"most", 256}};

struct slot {
    unsigned char *block;
    size_t size;
};

int main(int argc, char **argv) {
    load_arguments(argc, argv, "calloc-mixed", options, OPTION_COUNT);
    size_t slot_count = (size_t)options[SLOTS].value;
    unsigned doublings = 5;
    while (((size_t)1 << doublings) < (size_t)options[MOST_KIB].value * KIB) {
        doublings++;
    }
    struct slot *slots = load_calloc(slot_count, sizeof *slots);
    struct load_random random = load_seed(0);
    for (unsigned long long i = options[OPERATIONS].value; i > 0; i--) {
        struct slot *slot = &slots[load_below(&random, slot_count)];
        free(slot->block);
        /* the upper end is drawn first, so that small blocks are more and large ones do occur */
        slot->size = load_log_size(&random, 4, 5 + (unsigned)load_below(&random, doublings - 4));
        slot->block = load_calloc(1, slot->size);
        if (slot->block[slot->size - 1] != 0) {
            load_fail("the last byte of %zu is not zero", slot->size);
        }
        for (size_t j = 0; j < slot->size; j += TOUCH_STEP / 4) {
            if (slot->block[j] != 0) {
                load_fail("byte %zu of %zu is not zero", j, slot->size);
            }
            slot->block[j] = 1;
        }
        slot->block[slot->size - 1] = 1;
        slot->block[slot->size / 2] = 1;
    }
    for (size_t i = 0; i < slot_count; i++) {
        free(slots[i].block);
    }
    free(slots);
    return 0;
}
