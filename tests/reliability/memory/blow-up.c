/* SPDX-License-Identifier: MIT */
/* Class after class takes the place of the one before, no class left out: the peak is at most twice
   what is live, an eighth and 4 MiB (debug and secure: 4 MiB for each class, whose blocks in
   quarantine hold some of its pages). */
#include "case.h"

int main(void) {
    begin();
    size_t live = times(16, 64) * MIB;
    void **now = own_memory(live / 16 * sizeof *now), **next = own_memory(live / 16 * sizeof *next);
    size_t base = resident(), peak = 0, held = 0, classes = 0;
    for (size_t size = 16; size < 400000; size = next_class(size)) {
        size_t count = live / size, freed = 0;
        /* In step: what is freed and what is allocated are of different classes. */
        for (size_t i = 0; i < count; i++) {
            while (freed < held && freed * count <= i * held)
                free(now[freed++]);
            next[i] = malloc(size);
            CHECK(next[i] != NULL);
            memset(next[i], 1, size);
            if (i % (count / 32 + 1) == 0) { /* it is highest in the midst of it */
                size_t used = resident() - base;
                peak = used > peak ? used : peak;
            }
        }
        while (freed < held)
            free(now[freed++]);
        void **other = now;
        now = next;
        next = other;
        held = count;
        classes++;
        size_t used = resident() - base;
        peak = used > peak ? used : peak;
    }
    if (peak > 2 * live + live / 8 + 4 * MIB * allowed(1, classes))
        FAIL("peak of %zu KiB, %zu live", peak / KIB, live / KIB);
    return 0;
}
