/* SPDX-License-Identifier: MIT */
/* _exit, quick_exit, abort and a fatal signal whose handler allocates: the process ends as told, at
   once. */
#include "case.h"

static void use(void) {
    use_every_size(16);
}

static void handle(int number) {
    use_every_size(16);
    signal(number, SIG_DFL);
    if (number == SIGSEGV)
        raise(number);
}

static int end_of(void (*way)(void)) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        die_after(20);
        at_quick_exit(use);
        signal(SIGABRT, handle);
        signal(SIGSEGV, handle);
        free(malloc(100));
        way();
        _exit(99);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

static void by_exit(void) {
    _exit(3);
}

static void by_quick_exit(void) {
    quick_exit(4);
}

static void by_segv(void) {
    raise(SIGSEGV);
}

int main(void) {
    begin();
    int status = end_of(by_exit);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    status = end_of(by_quick_exit);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 4);
    status = end_of(abort);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = end_of(by_segv);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    return 0;
}
