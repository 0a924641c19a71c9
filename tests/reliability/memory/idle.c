/* SPDX-License-Identifier: MIT */
/* 200 MiB in blocks of many sizes are freed, and then nobody calls the allocator: at most a tenth
   of it stays resident (debug and secure: a third). */
#include "case.h"

int main(void) {
    begin();
    size_t count = 0, room = 500000, total = 0, base;
    void **blocks = own_memory(room * sizeof *blocks);
    uint64_t random = 4;
    base = resident();
    while (total < 200 * MIB && count < room) {
        size_t size = random_size(&random, 17);
        memset(blocks[count++] = malloc(size), 1, size);
        total += size;
    }
    /* In no order. */
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)(next_random(&random) % i);
        void *p = blocks[i - 1];
        blocks[i - 1] = blocks[j];
        blocks[j] = p;
    }
    size_t peak = resident() - base;
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    size_t left = resident() - base, most = peak / allowed(10, 3);
    for (int i = 0; left > most && i < 20; i++) {
        pause_ms(100);
        left = resident() - base;
    }
    if (left > most)
        FAIL("%zu MiB of %zu stay resident", left / MIB, peak / MIB);
    return 0;
}
