/* SPDX-License-Identifier: MIT */
/* RLIMIT_DATA of 16 and 64 MiB, which also stands for strict overcommit: private writable mappings
   are counted.  The program starts, uses a fair part, gets NULL with ENOMEM, and all again. */
#include "case.h"

static size_t take(size_t size) {
    static void *blocks[100000];
    size_t count = 0;
    while (count < COUNT_OF(blocks) && (blocks[count] = malloc(size)) != NULL) {
        memset(blocks[count], 1, size);
        count++;
    }
    if (errno != ENOMEM)
        FAIL("out of memory with errno %d", errno);
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    malloc_trim(0);
    return count * size;
}

int main(int argc, char **argv) {
    begin();
    if (argc > 1) {
        size_t limit = strtoul(argv[1], NULL, 10) * MIB;
        size_t first = take(10000), large = take(300000), again = take(10000);
        if (first < limit / 2 || large < limit / 3 || again < first * 9 / 10)
            FAIL("of %zu MiB, %zu KiB in small blocks, %zu in large ones, %zu again", limit / MIB,
                 first / KIB, large / KIB, again / KIB);
        return 0;
    }
    static const char *const limits[] = {"16", "64"};
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        char *arguments[] = {argv[0], (char *)(uintptr_t)limits[i], NULL};
        pid_t pid = fork();
        if (pid == 0) {
            struct rlimit data = {strtoul(limits[i], NULL, 10) * MIB,
                                  strtoul(limits[i], NULL, 10) * MIB};
            setrlimit(RLIMIT_DATA, &data);
            execv("/proc/self/exe", arguments);
            _exit(127);
        }
        expect_child(pid, limits[i]);
    }
    return 0;
}
