/* SPDX-License-Identifier: MIT */
/* aligned [operations [slots [tolerated]]]: blocks from posix_memalign with alignments of 16 to
   4096 bytes, each doubling as likely, replace one another in random slots; sizes to four times the
   alignment and to 2 KiB.  Addresses are verified; when not more than `tolerated` are wrong, that
   is said and is no failure. */
#include "load.h"

enum { OPERATIONS, SLOTS, TOLERATED, OPTION_COUNT };
static struct load_option options[] = {{"operations", 6000000}, {"slots", 4096}, {"tolerated", 0}};

int main(int argc, char **argv) {
    load_arguments(argc, argv, "aligned", options, OPTION_COUNT);
    size_t slot_count = (size_t)options[SLOTS].value;
    void **slots = load_calloc(slot_count, sizeof *slots);
    struct load_random random = load_seed(0);
    unsigned long long misaligned = 0;
    for (unsigned long long i = options[OPERATIONS].value; i > 0; i--) {
        void **slot = &slots[load_below(&random, slot_count)];
        free(*slot);
        size_t alignment = (size_t)16 << load_below(&random, 9);
        size_t size = load_between(&random, 1, alignment < 512 ? alignment * 4 : 2048);
        int error = posix_memalign(slot, alignment, size);
        if (error != 0) {
            load_fail("no memory for %zu bytes: %s", size, strerror(error));
        }
        if ((uintptr_t)*slot % alignment != 0) {
            misaligned++;
        }
        *(unsigned char *)*slot = 1;
    }
    for (size_t i = 0; i < slot_count; i++) {
        free(slots[i]);
    }
    free(slots);
    if (misaligned > options[TOLERATED].value) {
        load_fail("%llu of %llu blocks are not aligned as was asked", misaligned,
                  options[OPERATIONS].value);
    }
    if (misaligned > 0) {
        printf("%llu blocks are not aligned as was asked\n", misaligned);
    }
    return 0;
}
