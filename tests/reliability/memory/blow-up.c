/* SPDX-License-Identifier: MIT */
/* Class after class takes the place of the one before: the peak is at most twice what is live, and
   2 MiB (debug and secure: four times, and 32 MiB). */
#include "case.h"

int main(void) {
    begin();
    size_t live = times(12, 64) * MIB;
    void **now = own_memory(live / 16 * sizeof *now), **next = own_memory(live / 16 * sizeof *next);
    size_t base = resident(), peak = 0, held = 0;
    for (size_t size = 16; size < 400000; size += size / 4 + 16) {
        size_t count = live / size, freed = 0;
        /* In step: what is freed and what is allocated are of different classes. */
        for (size_t i = 0; i < count; i++) {
            while (freed < held && freed * count <= i * held)
                free(now[freed++]);
            next[i] = malloc(size);
            CHECK(next[i] != NULL);
            memset(next[i], 1, size);
        }
        while (freed < held)
            free(now[freed++]);
        void **other = now;
        now = next;
        next = other;
        held = count;
        size_t used = resident() - base;
        peak = used > peak ? used : peak;
    }
    if (peak > allowed(2, 4) * live + allowed(2, 32) * MIB)
        FAIL("peak of %zu KiB, %zu live", peak / KIB, live / KIB);
    return 0;
}
