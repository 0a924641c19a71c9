/* SPDX-License-Identifier: MIT */
/* A million blocks of mixed sizes, in between freed and allocated again, need fewer than 2000
   mappings at any time; with guards, fewer than the kernel keeps. */
#include "case.h"

int main(void) {
    begin();
    size_t total = times(200000, 1000000);
    void **blocks = own_memory(total * sizeof *blocks);
    uint64_t random = 9;
    size_t most = 0;
    for (size_t i = 0; i < total; i++) {
        /* Few are large, or the machine has not the memory. */
        unsigned bits = i % 5000 == 0 ? 22 : i % 100 == 0 ? 16 : 9;
        blocks[i] = malloc(random_size(&random, bits));
        CHECK(blocks[i] != NULL);
        *(char *)blocks[i] = 1;
        if (i % 3 == 0) {
            size_t other = (size_t)(next_random(&random) % (i + 1));
            free(blocks[other]);
            blocks[other] = NULL;
        }
        if (i % 20000 == 0) {
            size_t now = mappings();
            most = now > most ? now : most;
        }
    }
    /* Large blocks, every other one freed: holes everywhere. */
    for (size_t i = 0; i < total; i += 2) {
        free(blocks[i]);
        blocks[i] = NULL;
    }
    pause_ms(20);
    static void *large[4000];
    for (size_t i = 0; i < COUNT_OF(large); i++) {
        large[i] = malloc(MIB / 2 + i * 300);
        CHECK(large[i] != NULL);
        *(char *)large[i] = 1;
    }
    for (size_t i = 0; i < COUNT_OF(large); i += 2)
        free(large[i]);
    size_t now = mappings();
    most = now > most ? now : most;
    if (most >= allowed(2000, 38000))
        FAIL("%zu mappings", most);
    return 0;
}
