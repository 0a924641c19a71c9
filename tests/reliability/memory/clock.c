/* SPDX-License-Identifier: MIT */
/* build: -rdynamic */
/* The clock goes backwards, jumps, stands still and fails (the program has a clock_gettime of its
   own): memory still comes back, nothing waits, nothing breaks. */
#include "case.h"

static bool is_odd;
static unsigned asked;

int clock_gettime(clockid_t id, struct timespec *now) {
    if (!is_odd)
        return (int)syscall(SYS_clock_gettime, id, now);
    asked++;
    switch (asked % 5) {
    case 0:
        *now = (struct timespec){0, 0};
        return 0;
    case 1:
        *now = (struct timespec){(time_t)1 << 40, 999999999};
        return 0;
    case 2:
        *now = (struct timespec){-5, 0};
        return 0;
    case 3:
        errno = EINVAL;
        return -1;
    default:
        *now = (struct timespec){1000 - (time_t)(asked % 900), 0};
        return 0;
    }
}

static time_t time_now(void) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

int main(void) {
    enum { SECONDS = 8 };
    static void *blocks[4000];
    uint64_t random = 1;
    begin();
    size_t base = resident(), bound = base + allowed(8 * MIB, 16 * MIB);
    is_odd = true;
    for (size_t i = 0; i < 100000; i++) {
        size_t index = (size_t)(next_random(&random) % COUNT_OF(blocks));
        size_t size = random_size(&random, i % 40 == 0 ? 20 : 13);
        free(blocks[index]);
        blocks[index] = malloc(size);
        CHECK(blocks[index] != NULL);
        touch(blocks[index], size);
    }
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        free(blocks[i]);
    /* Nothing is asked to give memory back: some seconds with a little activity do, whatever the
       time. */
    for (time_t end = time_now() + SECONDS; resident() > bound && time_now() < end;)
        for (size_t size = 16; size < 300000; size += size / 5 + 1) {
            char *p = malloc(size);
            CHECK(p != NULL);
            *p = 1;
            free(p);
        }
    is_odd = false;
    CHECK(asked > 0 || !is_ours()); /* else the program has no part in it */
    if (resident() > bound)
        FAIL("%zu KiB stay resident", (resident() - base) / KIB);
    return 0;
}
