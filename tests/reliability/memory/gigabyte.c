/* SPDX-License-Identifier: MIT */
/* calloc(1, 1 GB) and free, 1000 times: no memory becomes resident, and it takes less than 0.1 s of
   processor time, or half as much again as the kernel takes for as many mappings, where that is
   more. */
#include "case.h"

enum { ROUNDS = 1000, SIZE = 1000000000 };

static double processor_time(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

/* Asked for and looked at in the same places. */
static double time_of_mappings(void) {
    double before = processor_time();
    for (int i = 0; i < ROUNDS; i++) {
        volatile char *p =
            mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(p != MAP_FAILED && p[0] == 0 && p[SIZE / 2] == 0);
        munmap((void *)p, SIZE);
    }
    return processor_time() - before;
}

int main(void) {
    begin();
    double limit = 1.5 * time_of_mappings();
    limit = limit > 0.1 ? limit : 0.1;
    size_t base = resident(), most = 0;
    double before = processor_time();
    for (int i = 0; i < ROUNDS; i++) {
        char *p = calloc(1, SIZE);
        if (p == NULL)
            FAIL("no memory in round %d", i);
        CHECK(p[0] == 0 && p[SIZE / 2] == 0);
        if (i % 100 == 0) {
            size_t now = resident();
            most = now > most ? now : most;
        }
        free(p);
    }
    double used = processor_time() - before;
    if (most > base + 4 * MIB)
        FAIL("%zu KiB become resident", (most - base) / KIB);
    if (used > limit)
        FAIL("%.2f s of processor time, at most %.2f", used, limit);
    return 0;
}
