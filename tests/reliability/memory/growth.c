/* SPDX-License-Identifier: MIT */
/* A block grows by realloc, all of it written: there are never two copies of it (debug and secure,
   which move it so that old addresses are found out: never more than two, and not as long).  Nor
   are there when the thread that allocated it has ended. */
#include "case.h"

static void *allocate(void *arg) {
    size_t size = *(size_t *)arg;
    char *p = malloc(size);
    CHECK(p != NULL);
    memset(p, 1, size);
    return p;
}

static void expect_peak(size_t size, size_t base, const char *of) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    size_t peak = (size_t)usage.ru_maxrss * KIB - base;
    if (peak > allowed(1, 2) * size + size / 8 + 4 * MIB)
        FAIL("peak of %zu MiB for a block of %zu%s", peak / MIB, size / MIB, of);
}

/* The owner of the block has ended. */
static void grow_inherited(size_t size, size_t base) {
    void *given;
    pthread_t thread = start(allocate, &size);
    CHECK(pthread_join(thread, &given) == 0);
    char *p = realloc(given, size + size / 8);
    CHECK(p != NULL);
    memset(p + size, 1, size / 8);
    CHECK(p[0] == 1 && p[size - 1] == 1);
    expect_peak(size + size / 8, base, " of a thread that has ended");
    free(p);
}

int main(void) {
    begin();
    size_t final = times(192 * MIB, allowed(3, 1) * GIB), size = 64, base = resident();
    if (allowed(1, 2) == 1) { /* elsewhere: or some of it stays warm for what follows */
        pid_t pid = fork();
        if (pid == 0) {
            grow_inherited(final / 2, base);
            _exit(0);
        }
        expect_child(pid, "who inherits a block");
    }
    char *p = malloc(size);
    CHECK(p != NULL);
    memset(p, 1, size);
    while (size < final) {
        size_t more = size + size / 8 + 64;
        p = realloc(p, more);
        CHECK(p != NULL);
        CHECK(p[0] == 1 && p[size - 1] == 1);
        memset(p + size, 1, more - size);
        size = more;
    }
    expect_peak(size, base, "");
    free(p);
    if (resident() > base + size / 10 + 4 * MIB)
        FAIL("%zu MiB stay resident", (resident() - base) / MIB);
    return 0;
}
