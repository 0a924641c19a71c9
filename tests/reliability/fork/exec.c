/* SPDX-License-Identifier: MIT */
/* fork and exec in a loop: the parent loses no descriptors, mappings or memory. */
#include "case.h"
#include <dirent.h>

extern char **environ;

static size_t descriptors(void) {
    size_t count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

static void run(size_t rounds) {
    char *argv[] = {"true", NULL};
    char *environment[] = {NULL};
    for (size_t i = 0; i < rounds; i++) {
        void *p = malloc(1 + i % 5000);
        pid_t pid = fork();
        if (pid == 0) {
            free(p);
            execve("/bin/true", argv, environment);
            _exit(127);
        }
        expect_child(pid, "the child");
        free(p);
    }
}

int main(void) {
    begin();
    /* Each class gets its first page now. */
    for (size_t size = 1; size <= 5000; size += 16)
        free(malloc(size));
    run(20);
    size_t fds = descriptors(), maps = mappings(), memory = resident();
    run(times(100, 10000));
    if (descriptors() != fds)
        FAIL("%zu descriptors, %zu before", descriptors(), fds);
    if (mappings() > maps + 4)
        FAIL("%zu mappings, %zu before", mappings(), maps);
    if (resident() > memory + MIB)
        FAIL("%zu KiB resident, %zu before", resident() / KIB, memory / KIB);
    return 0;
}
