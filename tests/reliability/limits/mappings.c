/* SPDX-License-Identifier: MIT */
/* A million blocks of mixed sizes, in between freed and allocated again, need fewer than 2000
   mappings at any time; with guards, fewer than the kernel keeps.  Then the same of sizes from 4
   KiB to 20 MiB, 2500 of which are live. */
#include "case.h"

static size_t most;

static void look(void) {
    size_t now = mappings();
    most = now > most ? now : most;
}

static void judge(const char *what) {
    if (most >= allowed(2000, 38000))
        FAIL("%zu mappings for %s", most, what);
}

/* Log-uniform; of each block some pages are written, or the machine has not the memory. */
static void large_ones(void) {
    enum { SLOTS = 5000 };
    static struct {
        char *p;
        size_t size;
    } slots[SLOTS];
    uint64_t random = 13;
    for (size_t i = 0; i < times(60000, 2000000); i++) {
        size_t which = (size_t)(next_random(&random) % SLOTS), size;
        if (slots[which].p != NULL) {
            CHECK(slots[which].p[0] == 1 && slots[which].p[slots[which].size - 1] == 1);
            free(slots[which].p);
            slots[which].p = NULL;
        } else {
            do
                size = 4 * KIB * random_size(&random, 13);
            while (size > 20 * MIB);
            char *p = malloc(size);
            CHECK(p != NULL);
            p[0] = p[size - 1] = 1;
            slots[which].p = p;
            slots[which].size = size;
        }
        if (i % 5000 == 0)
            look();
    }
    judge("sizes of 4 KiB to 20 MiB");
    for (size_t i = 0; i < SLOTS; i++)
        free(slots[i].p);
}

int main(void) {
    begin();
    size_t total = times(200000, 1000000);
    void **blocks = own_memory(total * sizeof *blocks);
    uint64_t random = 9;
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
        if (i % 20000 == 0)
            look();
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
    look();
    judge("mixed sizes");
    for (size_t i = 0; i < total; i++)
        free(blocks[i]);
    for (size_t i = 1; i < COUNT_OF(large); i += 2)
        free(large[i]);
    large_ones();
    return 0;
}
