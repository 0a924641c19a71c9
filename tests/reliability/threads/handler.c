/* SPDX-License-Identifier: MIT */
/* A signal handler allocates and frees, at any instant, which no allocator has to allow and
   mimalloc(7) does not: the program may end, but it never hangs; and under debug and secure no
   block is given to two without the library's saying so. */
#include "case.h"

enum { HELD = 64, CORRUPT = 3 };
static pthread_t main_thread;
static atomic_bool a_stop;
static atomic_size_t a_signals;

static void handle(int number) {
    static void *held[HELD];
    static uint64_t random = 5;
    (void)number;
    size_t i = (size_t)(next_random(&random) % HELD), size = 1 + (size_t)(random % 200);
    free(held[i]);
    held[i] = malloc(size);
    if (held[i] != NULL)
        memset(held[i], 0xee, size);
    atomic_fetch_add(&a_signals, 1);
}

static void *disturb(void *arg) {
    while (!atomic_load(&a_stop)) {
        pthread_kill(main_thread, SIGUSR1);
        for (size_t seen = atomic_load(&a_signals); seen == atomic_load(&a_signals);)
            if (atomic_load(&a_stop))
                break;
    }
    return arg;
}

static void work(double duration) {
    static unsigned char *held[HELD];
    static size_t sizes[HELD];
    uint64_t random = 6;
    main_thread = pthread_self();
    signal(SIGUSR1, handle);
    pthread_t thread = start(disturb, NULL);
    for (double end = seconds() + duration; seconds() < end;) {
        for (int step = 0; step < 1000; step++) {
            size_t i = (size_t)(next_random(&random) % HELD);
            unsigned char *p = held[i];
            for (size_t at = 0; p != NULL && at < sizes[i]; at++)
                if (p[at] != (unsigned char)i)
                    _exit(CORRUPT);
            free(p);
            sizes[i] = 1 + (size_t)(random % 200);
            held[i] = malloc(sizes[i]);
            if (held[i] != NULL)
                memset(held[i], (int)i, sizes[i]);
        }
    }
    atomic_store(&a_stop, true);
    finish(thread);
    signal(SIGUSR1, SIG_IGN);
    use_every_size(20);
}

int main(void) {
    size_t ends[4] = {0};
    begin();
    for (size_t round = 0; round < times(6, 60); round++) {
        pid_t pid = fork();
        int status;
        if (pid == 0) {
            struct rlimit none = {0, 0};
            setrlimit(RLIMIT_CORE, &none);
            dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
            work(0.4);
            _exit(0);
        }
        double end = seconds() + 15;
        while (waitpid(pid, &status, WNOHANG) == 0) {
            if (seconds() > end) {
                kill(pid, SIGKILL);
                waitpid(pid, &status, 0);
                FAIL("hangs");
            }
            pause_ms(10);
        }
        if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != CORRUPT)
            FAIL("ends with status %d", WEXITSTATUS(status));
        ends[WIFSIGNALED(status) ? (WTERMSIG(status) == SIGABRT ? 2 : 3)
                                 : WEXITSTATUS(status) / 3]++;
    }
    fprintf(stderr, "%zu went well, %zu corrupt, %zu aborted, %zu crashed\n", ends[0], ends[1],
            ends[2], ends[3]);
    if (is_checking() && ends[1] != 0)
        FAIL("%zu times a block was given to two, and nothing was said", ends[1]);
    return 0;
}
