/* SPDX-License-Identifier: MIT */
/* Small cases of the two concurrent protocols (cases.c), with the library's own code, in every
   order of their threads that has at most so many preemptions. model [-l] [-p cas|lock|or]
   [PREEMPTIONS|all [CASE...]] The library is compiled so that each atomic operation is a point
   where threads may be switched (scheduled.h).  A case has two or three threads, which are contexts
   of this one process.  At each point the process forks for every other thread that could go on
   there, and waits for what comes of that; so all orders are tried in which threads are preempted
   at most PREEMPTIONS times (their ends are free): once by default, since the orders of two threads
   of n steps are as many as (2n)!/(n!)^2.  Without -l nothing is switched before what only loads,
   so that "all" are all of them only with it. With -p a fault is planted: the judgement must be
   bad.  Orders weaker than sequential are not modelled. */
#include "model.h"

#include "base/options.h"
#include "core/core.h"
#include "core/fast.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { THREADS_MAX = 3, STACK = 1 << 16, POINTS_MAX = 20000 };

static struct actor {
    ucontext_t context;
    void (*run)(void);
    uintptr_t tls_self, tls_heap;
    bool is_over;
} actors[THREADS_MAX];
static enum model_protocol protocol;
static bool at_loads;
enum model_fault model_planted;
static int actor_count, current = -1, preemptions_left, points;
static ucontext_t scheduler;
static struct shared {
    size_t executions, failures;
    char why[200];
} * shared;
static char schedule[256];
static int schedule_length;

void model_broken(const char *what) {
    if (shared->failures++ == 0)
        snprintf(shared->why, sizeof shared->why, "%s (order of threads: %.*s)", what,
                 schedule_length, schedule);
    _exit(1);
}

static void leave(struct actor *actor) {
    actor->tls_self = mip_tls_self;
    actor->tls_heap = mip_tls_heap;
}

static void switch_to(int next) {
    struct actor *from = &actors[current];
    leave(from);
    current = next;
    if (schedule_length < (int)sizeof schedule)
        schedule[schedule_length++] = (char)('A' + next);
    mip_tls_self = actors[next].tls_self;
    mip_tls_heap = actors[next].tls_heap;
    swapcontext(&from->context, &actors[next].context);
}

/* In a child, so that this process can go another way.  True: this is the child. */
static bool is_branch(void) {
    int status;
    /* Not by fork, which would call the library's own handler. */
#ifdef SYS_fork
    pid_t pid = (pid_t)syscall(SYS_fork);
#else
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
    if (pid == 0)
        return true;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        model_broken("no child process");
    if (status != 0) {
        if (WIFSIGNALED(status) && shared->failures++ == 0)
            snprintf(shared->why, sizeof shared->why, "signal %d (order of threads: %.*s...)",
                     WTERMSIG(status), schedule_length, schedule);
        _exit(1); /* one is enough */
    }
    return false;
}

void model_point(enum model_protocol which, bool is_load) {
    if (current < 0 || (which & protocol) == 0 || (is_load && !at_loads))
        return;
    if (++points > POINTS_MAX)
        model_broken("the threads do not come to an end");
    for (int next = 0; preemptions_left > 0 && next < actor_count; next++) {
        if (next == current || actors[next].is_over)
            continue;
        if (is_branch()) {
            preemptions_left--;
            switch_to(next);
            return;
        }
    }
}

/* The thread is over: any of the others goes on. */
static void go_on(void) {
    int last = -1;
    for (int next = 0; next < actor_count; next++)
        if (!actors[next].is_over)
            last = next;
    if (last < 0) {
        leave(&actors[current]);
        current = -1;
        setcontext(&scheduler);
    }
    for (int next = 0; next < last; next++)
        if (!actors[next].is_over && is_branch())
            switch_to(next);
    switch_to(last);
}

static void enter(int index) {
    actors[index].run();
    actors[index].is_over = true;
    go_on();
}

void model_run(void (*first)(void), void (*second)(void), void (*third)(void)) {
    void (*runs[])(void) = {first, second, third};
    static char stacks[THREADS_MAX][STACK];
    uintptr_t own_self = mip_tls_self, own_heap = mip_tls_heap;
    volatile bool is_back = false;
    actor_count = third != NULL ? 3 : 2;
    for (int i = 0; i < actor_count; i++) {
        actors[i].run = runs[i];
        getcontext(&actors[i].context);
        actors[i].context.uc_stack.ss_sp = stacks[i];
        actors[i].context.uc_stack.ss_size = STACK;
        makecontext(&actors[i].context, (void (*)(void))(uintptr_t)enter, 1, i);
    }
    getcontext(&scheduler);
    if (!is_back) {
        is_back = true;
        current = 0;
        for (int next = 1; next < actor_count; next++)
            if (is_branch()) {
                current = next;
                break;
            }
        schedule[schedule_length++] = (char)('A' + current);
        mip_tls_self = actors[current].tls_self;
        mip_tls_heap = actors[current].tls_heap;
        setcontext(&actors[current].context);
    }
    shared->executions++;
    mip_tls_self = own_self;
    mip_tls_heap = own_heap;
}

void model_in_thread(int index, void (*run)(void)) {
    uintptr_t own_self = mip_tls_self, own_heap = mip_tls_heap;
    mip_tls_self = actors[index].tls_self;
    mip_tls_heap = actors[index].tls_heap;
    run();
    actors[index].tls_self = mip_tls_self;
    actors[index].tls_heap = mip_tls_heap;
    mip_tls_self = own_self;
    mip_tls_heap = own_heap;
}

void model_forget(int index) {
    actors[index].tls_self = actors[index].tls_heap = 0;
}

void model_end_threads(void) {
    for (int i = 0; i < actor_count; i++)
        model_in_thread(i, mip_thread_done);
}

/* ---- choice */

static bool is_wanted(const char *name, int argc, char **argv) {
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc <= 2;
}

int main(int argc, char **argv) {
    static const char *const faults[] = {"none", "cas", "lock", "or"};
    int option;
    while ((option = getopt(argc, argv, "lp:")) != -1) {
        at_loads |= option == 'l';
        for (int i = 0; option == 'p' && i < 4; i++)
            if (strcmp(optarg, faults[i]) == 0)
                model_planted = (enum model_fault)i;
        if (option == '?')
            return 2;
    }
    argc -= optind - 1;
    argv += optind - 1;
    int bad = 0, most = argc > 1 ? atoi(argv[1]) : 1;
    most = argc > 1 && strcmp(argv[1], "all") == 0 ? INT_MAX : most;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 99;
    for (size_t i = 0; i < model_case_count; i++) {
        int status;
        if (!is_wanted(model_cases[i].name, argc, argv))
            continue;
        memset(shared, 0, sizeof *shared);
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            struct rlimit limit = {5, 5}; /* seconds, of each branch: lists may be rings */
            setrlimit(RLIMIT_CPU, &limit);
            preemptions_left = most;
            protocol = model_cases[i].protocol;
            mip_option_set(MIP_OPTION_ARENA_RESERVE, 4096); /* KiB: short sets of bits */
            model_cases[i].run();
            _exit(0);
        }
        if (waitpid(pid, &status, 0) != pid || (status != 0 && shared->failures == 0))
            shared->failures = 1;
        char bound[40] = "all orders";
        if (most != INT_MAX)
            snprintf(bound, sizeof bound, "orders with at most %d preemptions", most);
        printf("model: %s: %zu, %s%s: %s%s\n", model_cases[i].name, shared->executions, bound,
               at_loads ? " (at loads too)" : "",
               shared->failures == 0 ? "good" : "BROKEN: ", shared->why);
        bad += shared->failures != 0;
    }
    return bad != 0;
}
