/* SPDX-License-Identifier: MIT */
/* 64 MiB live while blocks of changing sizes come and go; for cgroup.sh. */
#include "case.h"

int main(void) {
    enum { LIVE = 64 };
    static char *held[LIVE];
    uint64_t random = 1;
    begin();
    for (size_t i = 0; i < LIVE; i++)
        touch(held[i] = malloc(MIB), MIB);
    for (size_t round = 0; round < times(400, 10000); round++) {
        size_t size = 4096 + random_size(&random, 24) / 8;
        size_t index = (size_t)(next_random(&random) % LIVE);
        free(held[index]);
        held[index] = malloc(MIB / 2 + random_size(&random, 19));
        CHECK(held[index] != NULL);
        touch(held[index], MIB / 2);
        char *p = malloc(size);
        CHECK(p != NULL);
        touch(p, size);
        free(p);
    }
    return 0;
}
