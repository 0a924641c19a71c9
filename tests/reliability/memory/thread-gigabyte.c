/* SPDX-License-Identifier: MIT */
/* A thread allocates much (in full a gigabyte) and ends, again and again, each time freed by
   another thread: the memory of the dead is used again. */
#include "case.h"

enum { BLOCKS = 4096 };
static size_t size;
static void *blocks[BLOCKS];

static void *fill(void *arg) {
    for (size_t i = 0; i < BLOCKS; i++)
        touch(blocks[i] = malloc(size), size);
    return arg;
}

static void *clear(void *arg) {
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return arg;
}

int main(void) {
    begin();
    size_t peak = 0, first = 0;
    size = times(8 * KIB, machine_has(2 * GIB) ? 256 * KIB : 64 * KIB);
    for (size_t i = 0; i < times(40, 1000); i++) {
        finish(start(fill, NULL));
        size_t now = resident();
        first = i == 0 ? now : first;
        peak = now > peak ? now : peak;
        if (i % 2 == 0)
            clear(NULL);
        else
            finish(start(clear, NULL));
    }
    if (peak > first + first / 5 + 2 * MIB)
        FAIL("%zu KiB at first, %zu at most", first / KIB, peak / KIB);
    return 0;
}
