/* SPDX-License-Identifier: MIT */
/* At a limit of memory most of what is in use is freed, from the middle: blocks of the same size
   find room there again, also where there are addresses that were never used, for which the system
   gives no memory. */
#include "case.h"

enum { LIMIT = 800, BLOCK = 2 }; /* MiB */

int main(void) {
    static void *blocks[LIMIT / BLOCK];
    size_t count = 0, missing = 0;
    begin();
    struct rlimit data = {LIMIT * MIB, LIMIT * MIB};
    CHECK(setrlimit(RLIMIT_DATA, &data) == 0);
    while (count < COUNT_OF(blocks) && (blocks[count] = malloc(BLOCK * MIB)) != NULL)
        count++;
    if (count < COUNT_OF(blocks) / 2)
        FAIL("only %zu blocks of %d MiB where %d are allowed", count, BLOCK, LIMIT);
    size_t first = count / 16, end = count * 13 / 16;
    for (size_t i = first; i < end; i++)
        free(blocks[i]);
    for (size_t i = first; i < end; i++)
        missing += (blocks[i] = malloc(BLOCK * MIB)) == NULL;
    if (missing > count / 50)
        FAIL("of %zu freed blocks of %d MiB, %zu are not to be had again", end - first, BLOCK,
             missing);
    return 0;
}
