/* SPDX-License-Identifier: MIT */
/* Gigabytes are allocated until there are no addresses left, everything is freed, and the same
   number can be had again, in whole and in smaller blocks (debug and secure, which take slices in
   random order: but for a fiftieth). */
#include "case.h"

static void **blocks;
enum { MOST = 1 << 20 };

static size_t take(size_t size) {
    size_t count = 0;
    while (count < MOST && (blocks[count] = malloc(size)) != NULL)
        count++;
    if (count < MOST && errno != ENOMEM)
        FAIL("out of addresses with errno %d", errno);
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    return count;
}

int main(void) {
    struct rlimit space = {64 * GIB, 64 * GIB};
    begin();
    blocks = own_memory(MOST * sizeof *blocks);
    /* In full, all that the processor can address; that takes the kernel a while. */
    if (times(0, 1) == 0)
        setrlimit(RLIMIT_AS, &space);
    size_t first = take(GIB), second = take(GIB);
    if (first < 32 || second + allowed(0, first / 50) < first)
        FAIL("%zu GiB at first, then %zu", first, second);
    if (times(0, 1) == 0) {
        size_t small = take(16 * MIB), again = take(16 * MIB);
        if (small < first * 32 || again + allowed(0, small / 50) < small)
            FAIL("%zu blocks of 16 MiB after %zu GiB, then %zu", small, first, again);
    }
    use_every_size(24);
    return 0;
}
