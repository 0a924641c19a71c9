/* SPDX-License-Identifier: MIT */
/* A program of one thread is interrupted in the midst of malloc and free, and its signal handler
   forks.  Neither process may hang, and both go on allocating. */
#include "case.h"
#include <sys/time.h>

static volatile sig_atomic_t children, is_child;

/* The clock's grain is coarser than this: the signals come at no particular place. */
static const struct itimerval soon = {{0, 0}, {0, 700}};

static void fork_now(int number) {
    (void)number;
    int saved = errno;
    pid_t pid = fork();
    if (pid == 0) {
        /* Every eighth child goes on with what was interrupted. */
        sigaction(SIGALRM, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
        die_after(20);
        if (children % 8 != 0)
            _exit(0);
        is_child = 1;
        errno = saved;
        return;
    }
    expect_child(pid, "the child");
    children++;
    /* Only now: where a fork takes longer than that, the program would come to nothing else. */
    setitimer(ITIMER_REAL, &soon, NULL);
    errno = saved;
}

int main(void) {
    static void *held[512];
    uint64_t random = 1;
    begin();
    struct sigaction action = {.sa_handler = fork_now};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    size_t in_child = 0;
    while ((size_t)children < times(200, 1000)) {
        if (is_child && ++in_child > 200) {
            use_every_size(16);
            _exit(0);
        }
        size_t i = (size_t)(next_random(&random) % COUNT_OF(held));
        free(held[i]);
        size_t size = random_size(&random, 18);
        held[i] = malloc(size);
        CHECK(held[i] != NULL);
        memset(held[i], 1, size < 100 ? size : 100);
    }
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    for (size_t i = 0; i < COUNT_OF(held); i++)
        free(held[i]);
    use_every_size(20);
    return 0;
}
