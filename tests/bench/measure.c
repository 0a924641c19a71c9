/* SPDX-License-Identifier: MIT */
/* Runs one program with one library preloaded and prints what it took, as "name value" pairs in one
   line: seconds of wall clock, user and system time, peak resident memory in KiB, page faults,
   context switches, the wait status.
     measure [-l LIBRARY] [-d DIRECTORY] [-i INPUT] [-o OUTPUT] [-e NAME=VALUE]... PROGRAM
   ARGUMENT... Only the program gets the library and the variables.  To be linked with -static: a
   child's peak begins with what its parent has resident when it calls vfork, so the parent must be
   small. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
enum { VARIABLES_MAX = 4096 };
static char *variables[VARIABLES_MAX + 1];
static size_t variable_count;
static char preload[4096];

static void fail(const char *what) {
    fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void set_variable(char *variable) {
    size_t length = (size_t)(strchr(variable, '=') - variable) + 1;
    for (size_t i = 0; i < variable_count; i++) {
        if (strncmp(variables[i], variable, length) == 0) {
            variables[i] = variable;
            return;
        }
    }
    if (variable_count == VARIABLES_MAX) {
        errno = E2BIG;
        fail("environment");
    }
    variables[variable_count++] = variable;
}

static void redirect(int to, const char *path, int flags) {
    int file = open(path, flags | O_CLOEXEC, 0666);
    if (file < 0 || dup2(file, to) < 0) {
        fail(path);
    }
}

static double seconds(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv) {
    const char *input = "/dev/null";
    const char *output = "/dev/null";
    const char *directory = NULL;
    for (char **inherited = environ; *inherited != NULL; inherited++) {
        if (strncmp(*inherited, "LD_PRELOAD=", 11) != 0 && strchr(*inherited, '=') != NULL) {
            set_variable(*inherited);
        }
    }
    for (int option; (option = getopt(argc, argv, "+l:d:i:o:e:")) != -1;) {
        switch (option) {
        case 'l':
            if (snprintf(preload, sizeof preload, "LD_PRELOAD=%s", optarg) >= (int)sizeof preload) {
                errno = ENAMETOOLONG;
                fail(optarg);
            }
            set_variable(preload);
            break;
        case 'd':
            directory = optarg;
            break;
        case 'i':
            input = optarg;
            break;
        case 'o':
            output = optarg;
            break;
        case 'e':
            if (strchr(optarg, '=') != NULL) {
                set_variable(optarg);
                break;
            }
            /* fall through */
        default:
            optind = argc;
        }
    }
    if (optind >= argc) {
        fprintf(stderr, "usage: measure [-l LIBRARY] [-d DIRECTORY] [-i INPUT] [-o OUTPUT] "
                        "[-e NAME=VALUE]... PROGRAM ARGUMENT...\n");
        return 2;
    }
    /* What is measured goes where our own output went; the program's goes to the file. */
    int report = dup(STDOUT_FILENO);
    if (report < 0 || fcntl(report, F_SETFD, FD_CLOEXEC) < 0) {
        fail("standard output");
    }
    if (directory != NULL && chdir(directory) != 0) {
        fail(directory);
    }
    redirect(STDIN_FILENO, input, O_RDONLY);
    redirect(STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC);

    struct timespec begin;
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    volatile int exec_error = 0; /* written by the child, which shares our memory until exec */
    pid_t child = vfork();
    if (child == 0) {
        execve(argv[optind], argv + optind, variables);
        exec_error = errno;
        _exit(127);
    }
    if (child < 0) {
        fail("vfork");
    }
    int status = 0;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) {
        fail("wait4");
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (exec_error != 0) {
        errno = exec_error;
        fail(argv[optind]);
    }
    double wall = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    dprintf(report,
            "wall %.6f user %.6f sys %.6f peak_kib %ld minor_faults %ld major_faults %ld "
            "voluntary_switches %ld involuntary_switches %ld status %d\n",
            wall, seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss,
            usage.ru_minflt, usage.ru_majflt, usage.ru_nvcsw, usage.ru_nivcsw, status);
    return 0;
}
