/* SPDX-License-Identifier: MIT */
/* Every interleaving of small cases of the two concurrent protocols, with the library's own code.
     model [-l] [-p cas|lock|or] [PREEMPTIONS [CASE...]]
   The library is compiled so that each atomic operation is a point where threads may be switched
   (scheduled.h).  A case has two or three threads, which are contexts of this one process.  At each
   point the process forks for every other thread that could go on there, and waits for what comes
   of that; so all orders are tried in which threads are preempted at most PREEMPTIONS times (their
   ends are free); with -l also before what only loads.
   With -p a fault is planted: the judgement must be bad.  Orders weaker than sequential are not
   modelled.  Then the case's judgement is passed: every block and slice is where it must be. */
#include "base/options.h"
#include "core/arena_private.h"
#include "core/core.h"
#include "core/fast.h"
#include "core/heap.h"
#include "os/os.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

__attribute__((noreturn)) static void broken(const char *what) {
    if (shared->failures++ == 0)
        snprintf(shared->why, sizeof shared->why, "%s (order of threads: %.*s)", what,
                 schedule_length, schedule);
    _exit(1);
}

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            broken(#condition);                                                                    \
    } while (0)

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
        broken("no child process");
    if (status != 0) {
        if (WIFSIGNALED(status) && shared->failures++ == 0)
            snprintf(shared->why, sizeof shared->why, "signal %d (order of threads: %.*s...)",
                     WTERMSIG(status), schedule_length, schedule);
        _exit(1); /* one is enough */
    }
    return false;
}

void model_point(enum model_protocol which, bool is_load) {
    if (current < 0 || which != protocol || (is_load && !at_loads))
        return;
    if (++points > POINTS_MAX)
        broken("the threads do not come to an end");
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

/* The threads run, in every order; what follows is done once for each. */
static void run_threads(void (*first)(void), void (*second)(void), void (*third)(void)) {
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

/* Before the threads start: `run` is done by thread `index`, which keeps its record. */
static void in_thread(int index, void (*run)(void)) {
    uintptr_t own_self = mip_tls_self, own_heap = mip_tls_heap;
    mip_tls_self = actors[index].tls_self;
    mip_tls_heap = actors[index].tls_heap;
    run();
    actors[index].tls_self = mip_tls_self;
    actors[index].tls_heap = mip_tls_heap;
    mip_tls_self = own_self;
    mip_tls_heap = own_heap;
}

/* ---- what is judged in the end */

static size_t slices_in_use(void) {
    size_t count = 0;
    for (unsigned i = 0; i < mip_arena_count(); i++) {
        struct arena *arena = mip_arena_at(i);
        if (arena != NULL && !mip_arena_is_exclusive(i))
            count += mip_bitset_count(arena->taken, 0, arena->slices);
    }
    return count;
}

static size_t slices_before;

/* All threads end, all blocks have been freed: nothing is in use that was not before, and each
   record can be locked. */
static void judge_empty(void) {
    for (int i = 0; i < actor_count; i++)
        in_thread(i, mip_thread_done);
    mip_collect(true);
    mip_collect(true);
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record) {
        uint32_t state = mip_load_relaxed(&t->a_state);
        REQUIRE(state == RECORD_PARKED || t == mip_thread_self());
        REQUIRE(t->a_messages == NULL && t->backlog == NULL && t->batches_used == 0);
        mip_heap_check(&t->heap);
    }
    REQUIRE(slices_in_use() == slices_before);
}

enum { SIZE = 20000, BLOCKS = 6 };
static void *blocks[BLOCKS];

static void take_blocks(void) {
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = mip_malloc(SIZE);
}

static void have_record(void) {
    mip_free(mip_malloc(100));
}

static void begin_messages(void) {
    mip_process_init();
    have_record();
    mip_collect(true);
    slices_before = slices_in_use();
}

/* ---- frees by others: batched messages, drained by the owner, which goes on allocating */

static void free_two(void) {
    mip_free(blocks[0]);
    mip_free(blocks[1]);
    mip_collect(false);
}

static void free_third(void) {
    mip_free(blocks[2]); /* alone: this thread has no record */
}

static void own_and_drain(void) {
    mip_free(blocks[3]);
    void *p = mip_malloc(SIZE);
    REQUIRE(p != NULL && p != blocks[4] && p != blocks[5]);
    mip_collect(false);
    mip_free(p);
    mip_free(blocks[4]);
    mip_free(blocks[5]);
}

static void messages(void) {
    begin_messages();
    in_thread(0, take_blocks);
    in_thread(1, have_record);
    run_threads(own_and_drain, free_two, free_third);
    judge_empty();
}

/* ---- the owner ends while others free: parked records are worked on by whoever comes */

static void end_with_all(void) {
    mip_free(blocks[3]);
    mip_free(blocks[4]);
    mip_free(blocks[5]);
    mip_thread_done();
}

static void ending(void) {
    begin_messages();
    in_thread(0, take_blocks);
    in_thread(1, have_record);
    run_threads(end_with_all, free_two, free_third);
    judge_empty();
}

/* ---- a page of a parked record is claimed by one thread, the record adopted by another, while a
   third frees into it */

static void take_and_end(void) {
    take_blocks();
    mip_free(blocks[4]);
    mip_free(blocks[5]);
    mip_thread_done();
}

static bool may_come_again[4]; /* its free has begun */

static void free_rest(void) {
    for (int i = 0; i < 4; i++) {
        may_come_again[i] = true;
        mip_free(blocks[i]);
    }
    mip_collect(false);
}

static void claim_page(void) {
    void *p = mip_malloc(SIZE);
    void *q = mip_malloc(SIZE);
    REQUIRE(p != NULL && q != NULL && p != q);
    for (int i = 0; i < 4; i++)
        REQUIRE(may_come_again[i] || (p != blocks[i] && q != blocks[i]));
    memset(p, 1, SIZE);
    memset(q, 2, SIZE);
    REQUIRE(((char *)p)[SIZE - 1] == 1);
    mip_free(p);
    mip_free(q);
}

static void adopt(void) {
    void *p = mip_malloc(SIZE);
    REQUIRE(p != NULL);
    memset(p, 3, SIZE);
    REQUIRE(((char *)p)[0] == 3 && ((char *)p)[SIZE - 1] == 3);
    mip_free(p);
    mip_thread_done();
}

static void claiming(void) {
    begin_messages();
    in_thread(1, have_record);
    in_thread(2, take_and_end);
    actors[2].tls_self = actors[2].tls_heap = 0;
    memset(may_come_again, 0, sizeof(may_come_again));
    run_threads(adopt, claim_page, free_rest);
    judge_empty();
}

/* ---- a made heap's page: others free while the owner deletes the heap and ends */

static struct heap *made;

static void take_in_heap(void) {
    made = mip_heap_new(0);
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = mip_heap_malloc(made, SIZE, false);
}

static void delete_and_end(void) {
    mip_free(blocks[3]);
    mip_heap_delete(made);
    mip_free(blocks[4]);
    mip_free(blocks[5]);
    mip_thread_done();
}

static void made_heap(void) {
    begin_messages();
    in_thread(0, take_in_heap);
    in_thread(1, have_record);
    run_threads(delete_and_end, free_two, free_third);
    judge_empty();
}

/* ---- slices: claimed in runs, given back, purged */

static unsigned small_arena;

static void use_slices(int who, size_t slices) {
    bool is_zero;
    unsigned arena;
    char *p = mip_arena_take(slices, SLICE_SIZE, small_arena, &arena, &is_zero);
    if (p == NULL)
        return;
    for (size_t i = 0; i < slices; i++) {
        REQUIRE(!is_zero || p[i * SLICE_SIZE] == 0);
        p[i * SLICE_SIZE] = (char)who;
    }
    model_point(MODEL_SLICES, false);
    for (size_t i = 0; i < slices; i++)
        REQUIRE(p[i * SLICE_SIZE] == (char)who);
    mip_arena_give(arena, p, slices);
}

static void two_slices(void) {
    use_slices(1, 2);
}

static void three_slices(void) {
    use_slices(2, 3);
    use_slices(2, 1);
}

static void purge_slices(void) {
    mip_arena_collect(true);
}

static void slices(void) {
    begin_messages();
    unsigned number;
    REQUIRE(mip_arena_reserve(8 * SLICE_SIZE, true, false, true, &number) == 0);
    small_arena = number;
    /* All dirty and warm, so that the purge has something to do. */
    use_slices(9, 4);
    run_threads(two_slices, three_slices, purge_slices);
    struct arena *arena = mip_arena_at(number - 1);
    REQUIRE(mip_bitset_count(arena->taken, 0, arena->slices) == 0);
    /* What is not known to be dirty is zero. */
    for (size_t i = 0; i < arena->slices; i++)
        REQUIRE(mip_bitset_is_any_set(arena->dirty, i, 1) ||
                ((char *)arena->base)[i * SLICE_SIZE] == 0);
    bool is_zero;
    unsigned other;
    REQUIRE(mip_arena_take(arena->slices, SLICE_SIZE, small_arena, &other, &is_zero) != NULL);
}

/* ---- choice */

static const struct {
    const char *name;
    enum model_protocol protocol;
    void (*run)(void);
} cases[] = {{"messages", MODEL_MESSAGES, messages},
             {"ending", MODEL_MESSAGES, ending},
             {"claiming", MODEL_MESSAGES, claiming},
             {"made-heap", MODEL_MESSAGES, made_heap},
             {"slices", MODEL_SLICES, slices}};

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
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 99;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status;
        if (!is_wanted(cases[i].name, argc, argv))
            continue;
        memset(shared, 0, sizeof *shared);
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            preemptions_left = most;
            protocol = cases[i].protocol;
            mip_option_set(MIP_OPTION_ARENA_RESERVE, 4096); /* KiB: short sets of bits */
            cases[i].run();
            _exit(0);
        }
        if (waitpid(pid, &status, 0) != pid || (status != 0 && shared->failures == 0))
            shared->failures = 1;
        printf("model: %s: %zu orders with at most %d preemptions%s: %s%s\n", cases[i].name,
               shared->executions, most, at_loads ? " (at loads too)" : "",
               shared->failures == 0 ? "good" : "BROKEN: ", shared->why);
        bad += shared->failures != 0;
    }
    return bad != 0;
}
