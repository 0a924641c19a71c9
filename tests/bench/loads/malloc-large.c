/* SPDX-License-Identifier: MIT */
/* malloc-large [replacements [slots [least [most]]]]: large blocks come and go in random slots
   (sizes in MiB).  A block is filled, as one that was read from a file would be; a byte of each
   page is read again before it is freed. */
#include "load.h"

enum { REPLACEMENTS, SLOTS, LEAST, MOST, OPTION_COUNT };
static struct load_option options[] = {
    {"replacements", 500}, {"slots", 20}, {"least", 5}, {"most", 25}};

struct slot {
    unsigned char *block;
    size_t size;
    unsigned char mark;
};

static void release(struct slot *slot) {
    for (size_t i = 0; i < slot->size; i += TOUCH_STEP) {
        if (slot->block[i] != slot->mark) {
            load_fail("byte %zu of a block of %zu was changed", i, slot->size);
        }
    }
    free(slot->block);
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "malloc-large", options, OPTION_COUNT);
    size_t slot_count = (size_t)options[SLOTS].value;
    struct slot *slots = load_calloc(slot_count, sizeof *slots);
    struct load_random random = load_seed(0);
    for (unsigned long long i = 0; i < options[REPLACEMENTS].value; i++) {
        struct slot *slot = &slots[load_below(&random, slot_count)];
        release(slot);
        slot->size = load_between(&random, (size_t)options[LEAST].value * MIB,
                                  (size_t)options[MOST].value * MIB);
        slot->mark = (unsigned char)i;
        slot->block = load_malloc(slot->size);
        memset(slot->block, slot->mark, slot->size);
    }
    for (size_t i = 0; i < slot_count; i++) {
        release(&slots[i]);
    }
    free(slots);
    return 0;
}
