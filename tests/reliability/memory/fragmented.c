/* SPDX-License-Identifier: MIT */
/* Of many small blocks every 64th is kept.  Then other sizes are needed, as much as there was
   before, and then all is freed: the peak is at most twice the largest live, and it comes back. */
#include "case.h"

int main(void) {
    begin();
    /* Sizes of classes: what is lost within the blocks is not what is measured. */
    size_t count = is_checking() ? 60000 : times(400000, 10000000), size = 112, live = count * size;
    char **blocks = own_memory(count * sizeof *blocks);
    size_t base = resident();
    for (size_t i = 0; i < count; i++)
        memset(blocks[i] = malloc(size), 1, size);
    size_t first = resident() - base;
    for (size_t i = 0; i < count; i++)
        if (i % 64 != 0) {
            free(blocks[i]);
            blocks[i] = NULL;
        }
    size_t others = live / 320;
    for (size_t i = 0, n = 0; n < others && i < count; i++)
        if (i % 64 != 0) {
            memset(blocks[i] = malloc(320), 1, 320);
            n++;
        }
    size_t second = resident() - base;
    if (first > live + live / 3 + 4 * MIB || second > 2 * live + 4 * MIB)
        FAIL("%zu KiB live: %zu KiB resident, then %zu", live / KIB, first / KIB, second / KIB);
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    malloc_trim(0);
    if (resident() - base > live / 5 + 2 * MIB && !is_checking())
        FAIL("%zu KiB stay resident of %zu", (resident() - base) / KIB, second / KIB);
    return 0;
}
