/* SPDX-License-Identifier: MIT */
/* Large blocks come and go, a few of them alive: they do not wander through the address space, or
   what keeps track of addresses, here and in the kernel, would grow with it. */
#include "case.h"

enum { ALIVE = 5 };

static void come_and_go(size_t count, size_t least, size_t most) {
    char *blocks[ALIVE] = {NULL};
    uint64_t random = 7;
    for (size_t i = 0; i < count; i++) {
        char **place = &blocks[next_random(&random) % ALIVE];
        size_t size = least + (size_t)(next_random(&random) % (most - least));
        if (*place != NULL && i % 64 == 0) {
            char *p = realloc(*place, size);
            CHECK(p != NULL);
            *place = p;
            continue;
        }
        free(*place);
        *place = malloc(size);
        CHECK(*place != NULL);
        **place = 1;
    }
    for (int i = 0; i < ALIVE; i++)
        free(blocks[i]);
}

static void try(size_t count, size_t least, size_t most) {
    come_and_go(1000, least, most);
    size_t memory = resident(), maps = mappings();
    come_and_go(times(1, 4) * count, least, most);
    if (resident() > memory + 8 * MIB)
        FAIL("%zu to %zu KiB: %zu KiB resident, %zu early", least / KIB, most / KIB,
             resident() / KIB, memory / KIB);
    if (mappings() > maps + allowed(16, 256))
        FAIL("%zu to %zu KiB: %zu mappings, %zu early", least / KIB, most / KIB, mappings(), maps);
}

int main(void) {
    begin();
    try(40000, 64 * KIB, 256 * KIB);
    if (!is_checking()) /* which copies them in realloc */
        try(10000, 150 * MIB, 400 * MIB);
    return 0;
}
