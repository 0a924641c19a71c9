/* SPDX-License-Identifier: MIT */
/* A block grows by realloc, all of it written: by an eighth at a time, doubling from 8 bytes (in
   full to 8 GiB, if the machine has them), and by 8 bytes.  There are never two copies of it (debug
   and secure, which move it so that old addresses are found out: never more than two, and not as
   long).  Nor are there when the thread that allocated it has ended. */
#include "case.h"

/* The peak of this process is that of all it has done: each in a process of its own. */
static void expect_peak(size_t size, size_t base) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    size_t peak = (size_t)usage.ru_maxrss * KIB - base;
    if (peak > allowed(1, 2) * size + size / 10 + 4 * MIB)
        FAIL("peak of %zu MiB for a block of %zu", peak / MIB, size / MIB);
}

static void *allocate(void *arg) {
    size_t size = *(size_t *)arg;
    char *p = malloc(size);
    CHECK(p != NULL);
    memset(p, 1, size);
    return p;
}

static void grow_inherited(size_t size) {
    size_t base = resident();
    void *given;
    pthread_t thread = start(allocate, &size);
    CHECK(pthread_join(thread, &given) == 0);
    char *p = realloc(given, size + size / 8);
    CHECK(p != NULL);
    memset(p + size, 1, size / 8);
    CHECK(p[0] == 1 && p[size - 1] == 1);
    expect_peak(size + size / 8, base);
    free(p);
}

static void grow(size_t final, size_t (*next)(size_t)) {
    size_t size = 8, base = resident();
    char *p = malloc(size);
    CHECK(p != NULL);
    memset(p, 1, size);
    while (size < final) {
        size_t more = next(size);
        p = realloc(p, more);
        CHECK(p != NULL);
        CHECK(p[0] == 1 && p[size - 1] == 1);
        memset(p + size, 1, more - size);
        size = more;
    }
    expect_peak(size, base);
    free(p);
    if (resident() > base + size / 10 + 4 * MIB)
        FAIL("%zu MiB stay resident", (resident() - base) / MIB);
}

static size_t by_an_eighth(size_t size) {
    return size + size / 8 + 64;
}

static size_t by_doubling(size_t size) {
    return 2 * size;
}

static size_t by_eight_bytes(size_t size) {
    return size + 8;
}

static void grow_apart(const char *how, size_t final, size_t (*next)(size_t)) {
    pid_t pid = fork();
    if (pid == 0) {
        grow(final, next);
        _exit(0);
    }
    expect_child(pid, how);
}

int main(void) {
    begin();
    grow_apart("growth by an eighth", times(192 * MIB, allowed(3, 1) * GIB), by_an_eighth);
    size_t most = machine_has(9 * GIB) ? 8 * GIB : GIB;
    grow_apart("doubling", times(256 * MIB, allowed(most, GIB)), by_doubling);
    /* In full two million times. */
    grow_apart("growth by 8 bytes", times(allowed(800000, 80000), allowed(16000000, 400000)),
               by_eight_bytes);
    if (allowed(1, 2) == 1) { /* elsewhere: or some of it stays warm for what follows */
        pid_t pid = fork();
        if (pid == 0) {
            grow_inherited(times(96 * MIB, GIB));
            _exit(0);
        }
        expect_child(pid, "who inherits a block");
    }
    return 0;
}
