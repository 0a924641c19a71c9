/* SPDX-License-Identifier: MIT */
/* The allocator has no thread of its own, before a fork and after: a program of one thread stays
   one. */
#include "case.h"
#include <dirent.h>

static size_t tasks(void) {
    size_t count = 0;
    DIR *directory = opendir("/proc/self/task");
    if (directory == NULL)
        SKIP("no /proc");
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count - 2;
}

int main(void) {
    begin();
    static void *blocks[1000];
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        blocks[i] = malloc(i * 200);
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        free(blocks[i]);
    if (tasks() != 1)
        FAIL("%zu threads", tasks());
    pid_t pid = fork();
    if (pid == 0) {
        use_every_size(22);
        _exit(tasks() == 1 ? 0 : 1);
    }
    expect_child(pid, "the child");
    return 0;
}
