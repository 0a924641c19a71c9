/* SPDX-License-Identifier: MIT */
/* calloc(1, 1 GB) and free, 1000 times: no memory becomes resident, and it takes less than 0.1 s of
   processor time. */
#include "case.h"

int main(void) {
    struct rusage before, after;
    begin();
    size_t base = resident(), most = 0;
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 1000; i++) {
        char *p = calloc(1, 1000000000);
        if (p == NULL)
            FAIL("no memory in round %d", i);
        CHECK(p[0] == 0 && p[500000000] == 0);
        if (i % 100 == 0) {
            size_t now = resident();
            most = now > most ? now : most;
        }
        free(p);
    }
    getrusage(RUSAGE_SELF, &after);
    double used = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
                  (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) * 1e-6 +
                  (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
                  (double)(after.ru_stime.tv_usec - before.ru_stime.tv_usec) * 1e-6;
    if (most > base + 4 * MIB)
        FAIL("%zu KiB become resident", (most - base) / KIB);
    if (used > 0.1)
        FAIL("%.2f s of processor time", used);
    return 0;
}
