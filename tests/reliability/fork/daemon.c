/* SPDX-License-Identifier: MIT */
/* A daemon forks from a parent with 64 MiB of small blocks.  Its own few allocations do not copy
   the pages that it shares with its parent. */
#include "case.h"

static size_t private_dirty(void) {
    static char text[4096];
    int fd = open("/proc/self/smaps_rollup", O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    char *line = length < 0 ? NULL : strstr(text, "Private_Dirty:");
    if (line == NULL)
        SKIP("the kernel does not tell private memory");
    return strtoul(line + 14, NULL, 10) * KIB;
}

static void live(void) {
    die_after(20);
    if (fork() != 0)
        _exit(0);
    for (int i = 0; i < 200; i++)
        memset(malloc(1 + (size_t)i * 10), 1, 1 + (size_t)i * 10);
    size_t dirty = private_dirty();
    if (dirty > 2 * MIB)
        FAIL("the daemon dirties %zu KiB", dirty / KIB);
    _exit(0);
}

int main(void) {
    int ends[2];
    begin();
    CHECK(pipe(ends) == 0);
    for (size_t i = 0; i < 64 * MIB / 200; i++)
        memset(malloc(200), 1, 200);
    pid_t pid = fork();
    if (pid == 0) {
        /* What the daemon says comes through the pipe; it ends when the daemon does. */
        dup2(ends[1], STDERR_FILENO);
        close(ends[1]);
        close(ends[0]);
        live();
    }
    close(ends[1]);
    expect_child(pid, "the child");
    char text[200];
    ssize_t length = read(ends[0], text, sizeof text - 1);
    if (length > 0) {
        text[length] = '\0';
        if (strncmp(text, "the kernel", 10) == 0)
            SKIP("%s", text);
        FAIL("%.*s", (int)length - 1, text);
    }
    return 0;
}
