/* SPDX-License-Identifier: MIT */
/* Races, made on purpose: the hook of the kernel calls, or a lock that the test holds, stops one
   thread where another can come between. */
#include "base/options.h"
#include "core/arena.h"
#include "core/core.h"
#include "core/fast.h"
#include "core/meta.h"
#include "core/size.h"
#include "os/os.h"
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static void start(pthread_t *thread, void *(*fun)(void *), void *arg) {
    ck_assert_int_eq(pthread_create(thread, NULL, fun, arg), 0);
}

static _Thread_local bool is_stopped_thread;
static _Atomic(int) a_phase; /* 1: the thread stands in the hook; 2: it may go on */

/* ---- an allocation while another thread's purge holds what it needs */

static int stand_in_purge(enum mip_os_call call) {
    if (call != MIP_OS_MADVISE || !is_stopped_thread)
        return 0;
    atomic_store(&a_phase, 1);
    while (atomic_load(&a_phase) == 1)
        mip_os_yield();
    return 0;
}

static void *purge_all(void *arg) {
    is_stopped_thread = true;
    mip_arena_collect(true);
    atomic_store(&a_phase, 2); /* also when the kernel was not asked */
    return arg;
}

/* The forced call comes when the first attempt has failed. */
static void let_go(bool force, unsigned long long heartbeat, void *arg) {
    (void)heartbeat;
    (void)arg;
    if (force)
        atomic_store(&a_phase, 2);
}

START_TEST(test_purge_holds_the_slices) {
    enum { SIZE = 12 << 20, ROUNDS = 20 };
    unsigned arena;
    int met = 0;
    mip_process_init();
    mip_option_set(MIP_OPTION_PAGE_RESET, 0); /* what is freed stays warm */
    ck_assert_int_eq(mip_arena_reserve(SIZE + 2 * SLICE_SIZE, false, false, true, &arena), 0);
    struct heap *heap = mip_heap_new(arena);
    mip_register_deferred_free(let_go, NULL);
    mip_os_fault_hook = stand_in_purge;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t thread;
        void *p = mip_heap_malloc(heap, SIZE, false);
        ck_assert_msg(p != NULL, "round %d", round);
        memset(p, 1, SIZE);
        mip_free(p);
        atomic_store(&a_phase, 0);
        start(&thread, purge_all, NULL);
        while (atomic_load(&a_phase) == 0)
            mip_os_yield();
        met += atomic_load(&a_phase) == 1;
        p = mip_heap_malloc(heap, SIZE, false);
        atomic_store(&a_phase, 2);
        pthread_join(thread, NULL);
        ck_assert_msg(p != NULL, "round %d: a purge held the memory", round);
        mip_free(p);
    }
    mip_os_fault_hook = NULL;
    mip_register_deferred_free(NULL, NULL);
    if (met == 0)
        printf("races: no purge was met: the kernel is never asked to take memory back\n");
}
END_TEST

/* ---- the same memory is given by two threads */

enum { GIVEN_ROUNDS = 10, GIVEN_SIZE = 4 * SLICE_SIZE };
static char given[GIVEN_ROUNDS][GIVEN_SIZE];
static _Atomic(bool) a_is_asking; /* the other thread has started its call */
static _Atomic(int) a_results;    /* calls that have come back */

/* Before the first call enters the arena into the table: time for the other.  It may have to wait
   for the first, so this one goes on after a while. */
static int stand_in_provide(enum mip_os_call call) {
    if (call != MIP_OS_MMAP || !is_stopped_thread)
        return 0;
    atomic_store(&a_phase, 1);
    while (!atomic_load(&a_is_asking))
        mip_os_yield();
    uint64_t until = mip_os_clock_ms() + 20;
    while (atomic_load(&a_results) == 0 && mip_os_clock_ms() < until)
        mip_os_yield();
    return 0;
}

struct giving {
    char *start;
    int error;
};

static void *give(void *arg) {
    struct giving *giving = arg;
    unsigned arena;
    is_stopped_thread = true;
    giving->error = mip_arena_provide(giving->start, GIVEN_SIZE, true, true, true, &arena);
    atomic_fetch_add(&a_results, 1);
    return NULL;
}

START_TEST(test_memory_given_twice) {
    mip_process_init();
    mip_arena_start();
    mip_os_fault_hook = stand_in_provide;
    for (int round = 0; round < GIVEN_ROUNDS; round++) {
        struct giving first = {.start = given[round]};
        pthread_t thread;
        unsigned arena;
        /* Uses a chunk up, so that the arena's record needs a mapping. */
        ck_assert_ptr_nonnull(mip_meta_alloc(MIP_MIB - 128));
        atomic_store(&a_phase, 0);
        atomic_store(&a_is_asking, false);
        atomic_store(&a_results, 0);
        start(&thread, give, &first);
        while (atomic_load(&a_phase) == 0 && atomic_load(&a_results) == 0)
            mip_os_yield();
        ck_assert_msg(atomic_load(&a_phase) == 1, "the record needed no mapping");
        atomic_store(&a_is_asking, true);
        int second = mip_arena_provide(given[round], GIVEN_SIZE, true, true, true, &arena);
        atomic_fetch_add(&a_results, 1);
        pthread_join(thread, NULL);
        ck_assert_msg((first.error == 0) != (second == 0), "round %d: %d and %d", round,
                      first.error, second);
        ck_assert_int_eq(first.error == 0 ? second : first.error, EINVAL);
    }
    mip_os_fault_hook = NULL;
}
END_TEST

/* ---- frees into an ended thread's heap while somebody else has its record */

enum { BLOCK_SIZE = 4000, COUNT = 2000 };
static void *blocks[COUNT];
static int block_count;

static void *fill_and_end(void *arg) {
    struct heap *heap = mip_heap_new(*(unsigned *)arg);
    ck_assert_ptr_nonnull(heap);
    while (block_count < COUNT &&
           (blocks[block_count] = mip_heap_malloc(heap, BLOCK_SIZE, false)) != NULL)
        block_count++;
    return NULL;
}

/* All of an arena was used by a thread that has ended.  Once it is freed, all of it can be had. */
START_TEST(test_freed_for_the_dead_is_found) {
    static char memory[64 * SLICE_SIZE];
    unsigned arena;
    pthread_t thread;
    mip_process_init();
    ck_assert_ptr_nonnull(mip_heap_default());
    ck_assert_int_eq(mip_arena_provide(memory, sizeof(memory), true, true, true, &arena), 0);
    start(&thread, fill_and_end, &arena);
    pthread_join(thread, NULL);
    ck_assert_int_gt(block_count, 0);
    ck_assert_int_lt(block_count, COUNT);
    struct thread *owner = mip_page_owner(mip_pagemap_find(blocks[0]));
    bool is_held = _i == 1;
    if (is_held)
        ck_assert(mip_thread_try_lock(owner));
    for (int i = 0; i < block_count; i++)
        mip_free(blocks[i]);
    if (is_held)
        mip_thread_unlock(owner);
    struct heap *heap = mip_heap_new(arena);
    for (int i = 0; i < block_count; i++)
        ck_assert_msg(mip_heap_malloc(heap, BLOCK_SIZE, false) != NULL, "%d of %d blocks", i,
                      block_count);
    mip_heap_destroy(heap);
}
END_TEST

static TCase *races(void) {
    TCase *test_case = tcase_create("races");
    tcase_set_timeout(test_case, 60);
    tcase_add_test(test_case, test_purge_holds_the_slices);
    tcase_add_test(test_case, test_memory_given_twice);
    tcase_add_loop_test(test_case, test_freed_for_the_dead_is_found, 0, 2);
    return test_case;
}

int main(void) {
    TCase *(*const cases[])(void) = {races};
    return run_suite("races", cases, LENGTH_OF(cases));
}
