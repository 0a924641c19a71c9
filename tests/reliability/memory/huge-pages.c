/* SPDX-License-Identifier: MIT */
/* A sparse program is not bloated by huge pages, whatever the system's mode; no mode is set for the
   process, which its children would inherit. */
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

int main(void) {
    static char *blocks[600];
    begin();
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
    return 0;
}
