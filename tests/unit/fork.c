/* SPDX-License-Identifier: MIT */
/* Fork with busy threads: the child never hangs, may free what its parent's threads held, starts
   threads of its own, and forks again. */
#include "../sanitized.h"
#include "base/stats.h"
#include "core/core.h"
#include "core/fast.h"
#include "os/os.h"
#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 4, FORKS = 60, TABLE_SIZE = 512 };
static _Atomic(void *) a_slots[TABLE_SIZE];
static _Atomic(bool) a_stop;
static _Atomic(int) a_started;

/* Allocates, and frees what others put into the slots. */
static void *churn(void *arg) {
    uint64_t random = (uintptr_t)arg * 7919 + 1;
    atomic_fetch_add(&a_started, 1);
    while (!atomic_load(&a_stop)) {
        size_t size = (size_t)1 << (next_random(&random) % 18);
        void *p = mip_malloc(size);
        if (p != NULL)
            memset(p, 1, size < 64 ? size : 64);
        mip_free(atomic_exchange(&a_slots[next_random(&random) % TABLE_SIZE], p));
    }
    return NULL;
}

static void *child_thread(void *arg) {
    (void)arg;
    for (size_t size = 1; size <= (size_t)1 << 20; size *= 2)
        mip_free(mip_zalloc(size));
    return NULL;
}

/* Every class, the parent's blocks, threads, and another child. */
static void live_as_child(int depth) {
    alarm(20);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        char *p = mip_zalloc(mip_bin_size(bin));
        if (p == NULL || p[mip_bin_size(bin) - 1] != 0)
            _exit(2);
        memset(p, 1, mip_bin_size(bin));
        mip_free(p);
    }
    for (int i = 0; i < TABLE_SIZE; i++)
        mip_free(atomic_exchange(&a_slots[i], NULL));
    pthread_t thread[2];
    /* The thread sanitizer takes a thread of the child for the parent's that had the same stack. */
    int threads = MIP_HAS_TSAN ? 0 : 2;
    for (int t = 0; t < threads; t++)
        if (pthread_create(&thread[t], NULL, child_thread, NULL) != 0)
            _exit(3);
    for (int t = 0; t < threads; t++)
        pthread_join(thread[t], NULL);
    mip_collect(true);
    if (depth > 0) {
        pid_t pid = fork();
        int status;
        if (pid == 0)
            depth = -1; /* its own end is below */
        else if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
            _exit(4);
    }
    if (depth < 0)
        child_thread(NULL);
    _exit(0);
}

static int live_as_first_child(void) {
    live_as_child(1);
    return 0;
}

static void fork_often(int count, int (*child)(void)) {
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
            _exit(child());
        int status;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_msg(status == 0, "child %d ended with status %x", i, status);
    }
}

START_TEST(test_fork) {
    pthread_t threads[WORKERS];
    if (MIP_HAS_TSAN)
        printf("fork: the children start no threads: the thread sanitizer would end them\n");
    mip_process_init();
    for (uintptr_t t = 0; t < WORKERS; t++)
        ck_assert_int_eq(pthread_create(&threads[t], NULL, churn, (void *)t), 0);
    /* The address sanitizer allocates while a thread starts: a fork then leaves its lock taken. */
    while (atomic_load(&a_started) < WORKERS)
        mip_os_yield();
    fork_often(FORKS, live_as_first_child);
    atomic_store(&a_stop, true);
    for (int t = 0; t < WORKERS; t++)
        pthread_join(threads[t], NULL);
}
END_TEST

static _Atomic(int) a_children, a_bad;

/* The interrupted thread may be anywhere in an allocation. */
static void fork_in_handler(int number) {
    (void)number;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        atomic_fetch_add(&a_bad, 1);
    atomic_fetch_add(&a_children, 1);
}

static void *send_signals(void *arg) {
    pthread_t main_thread = *(pthread_t *)arg;
    while (atomic_load(&a_children) < 100)
        if (pthread_kill(main_thread, SIGUSR1) != 0)
            break;
    return NULL;
}

START_TEST(test_fork_in_signal_handler) {
    struct sigaction action = {.sa_handler = fork_in_handler};
    mip_process_init();
    sigaction(SIGUSR1, &action, NULL);
    pthread_t self = pthread_self(), sender;
    ck_assert_int_eq(pthread_create(&sender, NULL, send_signals, &self), 0);
    uint64_t random = 5;
    static void *held[256];
    while (atomic_load(&a_children) < 100) {
        size_t k = next_random(&random) % LENGTH_OF(held);
        mip_free(held[k]);
        held[k] = mip_malloc(next_random(&random) % 100000);
    }
    pthread_join(sender, NULL);
    ck_assert_int_eq(atomic_load(&a_bad), 0);
    mip_heap_check(mip_heap_default());
}
END_TEST

/* A record whose thread was inside a slow path when the process forked is left alone. */
static _Atomic(int) a_phase;

static void *stay_busy(void *arg) {
    struct thread *thread = mip_thread_get();
    *(struct thread **)arg = thread;
    mip_busy_enter(thread);
    atomic_store(&a_phase, 1);
    while (atomic_load(&a_phase) == 1)
        mip_os_yield();
    mip_busy_leave(thread);
    return NULL;
}

#ifdef HAVE_PTHREAD_ATFORK
enum { TELLS_OF_FORKS = 1 };
#else
enum { TELLS_OF_FORKS = 0 };
#endif

START_TEST(test_busy_record_is_dead_in_the_child) {
    struct thread *other = NULL;
    pthread_t thread;
    if (!TELLS_OF_FORKS) {
        printf("fork: records are not sorted out in the child: there is no pthread_atfork\n");
        return;
    }
    mip_process_init();
    ck_assert_ptr_nonnull(mip_thread_get());
    ck_assert_int_eq(pthread_create(&thread, NULL, stay_busy, &other), 0);
    while (atomic_load(&a_phase) == 0)
        mip_os_yield();
    pid_t pid = fork();
    if (pid == 0)
        _exit(atomic_load(&other->a_state) == RECORD_DEAD && !mip_thread_try_lock(other) ? 0 : 1);
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    atomic_store(&a_phase, 2);
    pthread_join(thread, NULL);
}
END_TEST

/* Records that hold blocks of each other are put in order one at a time, not one within the other:
   there may be more of them than the stack is deep. */
enum { CHAIN = 3 };
static struct thread *chain[CHAIN];
static void *chain_blocks[CHAIN];
static pthread_barrier_t chain_barrier;

static void *hold_a_batch(void *arg) {
    size_t i = (size_t)(uintptr_t)arg;
    chain[i] = mip_thread_get();
    chain_blocks[i] = mip_malloc(64);
    pthread_barrier_wait(&chain_barrier);
    mip_free(chain_blocks[(i + 1) % CHAIN]);
    pthread_barrier_wait(&chain_barrier);
    pthread_barrier_wait(&chain_barrier); /* the fork is over */
    return NULL;
}

static int drain_one_as_child(void) {
    for (int i = 0; i < CHAIN; i++)
        if (chain[i]->batches_used != 1 || !mip_load_relaxed(&chain[i]->a_is_uncounted))
            return 1;
    if (!mip_thread_try_lock(chain[0]))
        return 2;
    mip_drain(chain[0], true);
    for (int i = 1; i < CHAIN; i++)
        if (!mip_load_relaxed(&chain[i]->a_is_uncounted))
            return 3;
    mip_thread_unlock(chain[0]);
    mip_collect(true);
    for (int i = 0; i < CHAIN; i++)
        if (chain[i]->batches_used != 0)
            return 4;
    return 0;
}

START_TEST(test_batches_in_the_child) {
    pthread_t threads[CHAIN];
    if (!TELLS_OF_FORKS) {
        printf("fork: records keep their batches in the child: there is no pthread_atfork\n");
        return;
    }
    mip_process_init();
    ck_assert_ptr_nonnull(mip_thread_get());
    pthread_barrier_init(&chain_barrier, NULL, CHAIN + 1);
    for (uintptr_t t = 0; t < CHAIN; t++)
        ck_assert_int_eq(pthread_create(&threads[t], NULL, hold_a_batch, (void *)t), 0);
    pthread_barrier_wait(&chain_barrier);
    pthread_barrier_wait(&chain_barrier);
    pid_t pid = fork();
    if (pid == 0)
        _exit(drain_one_as_child());
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    pthread_barrier_wait(&chain_barrier);
    for (int t = 0; t < CHAIN; t++)
        pthread_join(threads[t], NULL);
}
END_TEST

/* What a thread that is no more had is counted again in portions, not all of it by the first free
   of one of its blocks. */
enum { MANY = 200000 };
static void **many_blocks;
static struct thread *owner_of_many;
static pthread_barrier_t many_barrier;

static void *have_many(void *arg) {
    owner_of_many = mip_thread_get();
    for (size_t i = 0; i < MANY; i++)
        many_blocks[i] = mip_malloc(64);
    for (size_t i = 0; i < MANY; i += 2)
        mip_free(many_blocks[i]);
    pthread_barrier_wait(&many_barrier);
    pthread_barrier_wait(&many_barrier); /* the fork is over */
    return arg;
}

static int count_as_child(void) {
    size_t used = 0;
    int tries = 1;
    if (!mip_load_relaxed(&owner_of_many->a_is_uncounted))
        return 1;
    mip_free(many_blocks[1]); /* in a batch: one more that waits */
    while (!mip_thread_try_lock(owner_of_many)) {
        if (mip_load_relaxed(&owner_of_many->a_state) != RECORD_PARKED || tries++ > MANY)
            return 2;
        mip_free(mip_malloc(100));
    }
    if (tries < 10) /* all at once */
        return 3;
    if (mip_load_relaxed(&owner_of_many->a_is_uncounted))
        return 4;
    mip_heap_check_parked(owner_of_many);
    struct heap *heap = &owner_of_many->heap;
    struct page_list *lists[] = {&heap->full, &heap->queue[mip_pagemap_find(many_blocks[1])->bin]};
    for (size_t i = 0; i < LENGTH_OF(lists); i++)
        for (struct page *page = lists[i]->first; page != NULL; page = page->next)
            if (page->bin == mip_pagemap_find(many_blocks[1])->bin)
                used += page->carved - mip_page_list_length(page, page->local);
    mip_thread_unlock(owner_of_many);
    return used == MANY / 2 ? 0 : 5;
}

START_TEST(test_counts_are_made_in_portions) {
    pthread_t thread;
    if (!TELLS_OF_FORKS) {
        printf("fork: nothing is counted in the child: there is no pthread_atfork\n");
        return;
    }
    mip_process_init();
    ck_assert_ptr_nonnull(mip_thread_get());
    many_blocks = mip_malloc(MANY * sizeof(void *));
    pthread_barrier_init(&many_barrier, NULL, 2);
    ck_assert_int_eq(pthread_create(&thread, NULL, have_many, NULL), 0);
    pthread_barrier_wait(&many_barrier);
    pid_t pid = fork();
    if (pid == 0)
        _exit(count_as_child());
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    pthread_barrier_wait(&many_barrier);
    pthread_join(thread, NULL);
    mip_free(many_blocks);
}
END_TEST

/* Threads that end while the process forks: the child knows of one thread, and each record that it
   may use is whole. */
enum { SPAWNERS = 2, SPAWNS_FORKS = 100 };

static void *come_and_go(void *arg) {
    void *held[BIN_COUNT];
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        held[bin] = mip_malloc(mip_bin_size(bin) / 2 + 1);
    for (unsigned bin = 0; bin < BIN_COUNT; bin += 2)
        mip_free(held[bin]);
    for (unsigned bin = 1; bin < BIN_COUNT; bin += 2)
        mip_free(atomic_exchange(&a_slots[bin], held[bin]));
    return arg;
}

static void *spawn(void *arg) {
    while (!atomic_load(&a_stop)) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, come_and_go, NULL) == 0)
            pthread_join(thread, NULL);
    }
    return arg;
}

static size_t current(enum mip_stat stat) {
    struct mip_stat_values values;
    mip_stat_read(stat, &values);
    return (size_t)(values.total - values.freed);
}

static int check_as_child(void) {
    size_t parked = 0;
    alarm(20);
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record)
        parked += mip_load_relaxed(&t->a_state) == RECORD_PARKED;
    if (current(MIP_STAT_THREADS) != 1)
        return 1;
    if (current(MIP_STAT_ABANDONED) != parked)
        return 2;
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record) {
        if (!mip_thread_try_lock_counted(t))
            continue;
        mip_heap_check_parked(t);
        mip_thread_unlock(t);
    }
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        mip_free(atomic_exchange(&a_slots[bin], NULL));
    come_and_go(NULL);
    return 0;
}

START_TEST(test_fork_while_threads_end) {
    pthread_t threads[SPAWNERS];
    if (IS_SANITIZED) {
        printf("fork: no threads end meanwhile: a sanitizer's own locks would stay taken\n");
        return;
    }
    if (!TELLS_OF_FORKS) {
        printf("fork: records are not sorted out in the child: there is no pthread_atfork\n");
        return;
    }
    mip_process_init();
    ck_assert_ptr_nonnull(mip_thread_get());
    for (int t = 0; t < SPAWNERS; t++)
        ck_assert_int_eq(pthread_create(&threads[t], NULL, spawn, NULL), 0);
    fork_often(SPAWNS_FORKS, check_as_child);
    atomic_store(&a_stop, true);
    for (int t = 0; t < SPAWNERS; t++)
        pthread_join(threads[t], NULL);
}
END_TEST

static TCase *forks(void) {
    TCase *test_case = tcase_create("forks");
    tcase_set_timeout(test_case, 120);
    tcase_add_test(test_case, test_fork);
    tcase_add_test(test_case, test_fork_in_signal_handler);
    tcase_add_test(test_case, test_busy_record_is_dead_in_the_child);
    tcase_add_test(test_case, test_batches_in_the_child);
    tcase_add_test(test_case, test_counts_are_made_in_portions);
    tcase_add_test(test_case, test_fork_while_threads_end);
    return test_case;
}

int main(void) {
    TCase *(*const cases[])(void) = {forks};
    return run_suite("fork", cases, LENGTH_OF(cases));
}
