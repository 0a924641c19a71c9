/* SPDX-License-Identifier: MIT */
/* Starts a program with one library preloaded and prints its peak resident memory in KiB, the least
   of several runs:
     startup-launcher RUNS LIBRARY PROGRAM
   To be linked with -static: a child's peak begins with what its parent has resident when it calls
   vfork, so the parent must be small. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static char preload[4096];

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: startup-launcher RUNS LIBRARY PROGRAM\n");
        return 2;
    }
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", argv[2]);
    char *const environment[] = {preload, NULL};
    char *const arguments[] = {argv[3], NULL};
    long least = -1;
    for (long runs = strtol(argv[1], NULL, 10); runs > 0; runs--) {
        pid_t child = vfork();
        if (child == 0) {
            execve(argv[3], arguments, environment);
            _exit(127);
        }
        int status = 0;
        struct rusage usage;
        if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
            fprintf(stderr, "startup-launcher: %s: status %#x\n", argv[3], (unsigned)status);
            return 1;
        }
        if (least < 0 || usage.ru_maxrss < least) {
            least = usage.ru_maxrss;
        }
    }
    printf("%ld\n", least);
    return 0;
}
