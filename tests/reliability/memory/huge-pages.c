/* SPDX-License-Identifier: MIT */
/* A sparse program is not bloated by huge pages, whatever the system's mode; no mode is set for the
   process, which its children would inherit.

   With the argument "threads" it prints how much is resident, in KiB, with many threads of a few
   blocks each; with "filled", how much of 160 MiB of small blocks, written to, is huge pages. */
#include "case.h"
#include <sys/prctl.h>

static size_t huge(void) {
    static char text[8192];
    int fd = open("/proc/self/smaps_rollup", O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    char *line = length < 0 ? NULL : strstr(text, "AnonHugePages:");
    if (fd >= 0)
        close(fd);
    return line == NULL ? 0 : strtoul(line + 14, NULL, 10) * KIB;
}

static void sparse(void) {
    static char *blocks[600];
    CHECK(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 0);
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        blocks[i] = malloc(100000);
        CHECK(blocks[i] != NULL);
        blocks[i][0] = 1;
        blocks[i][60000] = 1;
    }
    if (huge() > 6 * MIB)
        FAIL("%zu KiB of huge pages for a program that touches 5 MiB", huge() / KIB);
    CHECK(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    expect_child(pid, "the child's mode");
}

enum { THREADS = 10000 };
static size_t thread_count; /* in full all of them */
static pthread_barrier_t are_all, are_over;

static void *few_blocks(void *arg) {
    for (size_t size = 16; size < 8192; size *= 2) {
        char *p = malloc(size);
        CHECK(p != NULL);
        p[0] = 1;
    }
    pthread_barrier_wait(&are_all);
    pthread_barrier_wait(&are_over);
    return arg;
}

static void many_threads(void) {
    static pthread_t threads[THREADS];
    pthread_attr_t attributes;
    thread_count = times(1000, THREADS);
    pthread_barrier_init(&are_all, NULL, (unsigned)thread_count + 1);
    pthread_barrier_init(&are_over, NULL, (unsigned)thread_count + 1);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * KIB);
    for (size_t i = 0; i < thread_count; i++)
        CHECK(pthread_create(&threads[i], &attributes, few_blocks, NULL) == 0);
    pthread_barrier_wait(&are_all);
    printf("%zu\n", resident() / KIB);
    pthread_barrier_wait(&are_over);
    for (size_t i = 0; i < thread_count; i++)
        finish(threads[i]);
}

static void fill(void) {
    for (size_t i = 0; i < 160 * MIB / 64; i++) {
        char *p = malloc(64);
        CHECK(p != NULL);
        p[0] = 1;
    }
    printf("%zu\n", huge() / KIB);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    begin();
    if (strcmp(what, "threads") == 0)
        many_threads();
    else if (strcmp(what, "filled") == 0)
        fill();
    else
        sparse();
    return 0;
}
