/* SPDX-License-Identifier: MIT */
/* Blocks that come and go cost no system calls: less than one in ten times, for buffers of 5 to 25
   MiB and for the only block of a size.  The parent counts them by ptrace. */
#include "case.h"

#ifdef __linux__
#include <sys/ptrace.h>

enum { BUFFERS = 2000, SMALL = 20000, PHASES = 4 };
static const char *const names[PHASES] = {"one buffer", "three buffers", "one block", "realloc"};

static void buffers(size_t live) {
    static char *kept[3];
    uint64_t random = 7;
    for (size_t i = 0; i < BUFFERS; i++) {
        size_t size = 5 * MIB + (size_t)(next_random(&random) % (20 * MIB));
        free(kept[i % live]);
        kept[i % live] = malloc(size);
        CHECK(kept[i % live] != NULL);
        kept[i % live][0] = kept[i % live][size - 1] = 1;
    }
    for (size_t i = 0; i < live; i++) {
        free(kept[i]);
        kept[i] = NULL;
    }
}

static void one_block(void) {
    static const size_t sizes[] = {16, 100, 1000, 5000, 20000, 50000};
    for (size_t i = 0; i < SMALL; i++) {
        char *p = malloc(sizes[i / (SMALL / COUNT_OF(sizes) + 1)]);
        CHECK(p != NULL);
        p[0] = 1;
        free(p);
    }
}

static void reallocate(void) {
    for (size_t i = 0; i < SMALL / 100; i++) {
        char *p = NULL;
        for (size_t size = 100; size <= 10000; size += 100) {
            p = realloc(p, size);
            CHECK(p != NULL);
            p[size - 1] = 1;
        }
        free(p);
    }
}

static void phase(size_t number) {
    switch (number) {
    case 0:
        buffers(1);
        break;
    case 1:
        buffers(3);
        break;
    case 2:
        one_block();
        break;
    default:
        reallocate();
    }
}

/* What is counted lies between two calls that nobody else makes. */
static void mark(void) {
    syscall(SYS_getpgid, -1);
}

static void run(void) {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
        _exit(77);
    raise(SIGSTOP);
    for (size_t i = 0; i < PHASES; i++) {
        phase(i); /* once before: what it leaves is there */
        mark();
        phase(i);
        mark();
    }
    _exit(0);
}

int main(void) {
    size_t calls[PHASES] = {0}, marks = 0;
    begin();
    if (column_is("delayed"))
        SKIP("the delays are system calls");
    pid_t pid = fork();
    if (pid == 0)
        run();
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    if (WIFEXITED(status))
        SKIP("ptrace is not permitted");
    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    while (ptrace(PTRACE_SYSCALL, pid, 0, 0) == 0 && waitpid(pid, &status, 0) == pid &&
           WIFSTOPPED(status)) {
        struct __ptrace_syscall_info info;
        if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0)
            SKIP("this kernel does not tell of calls");
        if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
            continue;
        if (info.entry.nr == SYS_getpgid)
            marks++;
        else if (marks % 2 == 1 && marks < 2 * PHASES)
            calls[marks / 2]++;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || marks != 2 * PHASES)
        FAIL("the child ends with status %#x after %zu marks", (unsigned)status, marks);
    for (size_t i = 0; i < PHASES; i++) {
        size_t times = i < 2 ? BUFFERS : SMALL;
        printf("%s: %zu system calls in %zu times\n", names[i], calls[i], times);
        fflush(stdout);
        if (calls[i] * 10 >= times * (i < 2 ? allowed(1, 80) : 1))
            FAIL("%s: %zu system calls in %zu times", names[i], calls[i], times);
    }
    return 0;
}
#else
int main(void) {
    SKIP("knows ptrace of Linux only");
}
#endif
