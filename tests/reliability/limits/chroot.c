/* SPDX-License-Identifier: MIT */
/* No /proc, no /sys, no open descriptors, an empty root directory: the allocator needs none of them
   after it has started. */
#include "case.h"

int main(void) {
    char path[] = "/tmp/case-XXXXXX";
    begin();
    if (mkdtemp(path) == NULL || chroot(path) != 0 || chdir("/") != 0)
        SKIP("chroot is not permitted");
    for (int fd = 0; fd < 64; fd++)
        if (fd != STDERR_FILENO)
            close(fd);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_NOFILE, &none);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, (void *(*)(void *))(uintptr_t)use_every_size,
                           (void *)(uintptr_t)22) != 0)
            _exit(1);
        finish(thread);
        use_every_size(24);
        _exit(0);
    }
    expect_child(pid, "without anything");
    return 0;
}
