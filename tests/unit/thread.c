/* SPDX-License-Identifier: MIT */
/* Thread records: what threads free for each other, what the dead leave, what the living adopt. */
#include "base/stats.h"
#include "core/core.h"
#include "core/fast.h"
#include "os/os.h"
#include "unit.h"

#include <pthread.h>
#include <string.h>

enum { COUNT = 5000 };
static void *blocks[COUNT];

static size_t size_of(int i) {
    static const size_t sizes[] = {16, 24, 100, 200, 1000, 5000, 40000, 700000};
    return sizes[(size_t)i % LENGTH_OF(sizes)];
}

static void *allocate_all(void *arg) {
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = mip_malloc(size_of(i) / (arg == NULL ? 1 : 8));
        if (blocks[i] != NULL)
            memset(blocks[i], i, 16);
    }
    return NULL;
}

static void *free_all(void *arg) {
    (void)arg;
    for (int i = 0; i < COUNT; i++)
        mip_free(blocks[i]);
    return NULL;
}

static void in_thread(void *(*fun)(void *), void *arg) {
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, fun, arg), 0);
    pthread_join(thread, NULL);
}

static size_t pages_in_use(void) {
    struct mip_stat_values values;
    mip_stat_read(MIP_STAT_PAGES, &values);
    return (size_t)(values.total - values.freed);
}

/* Blocks of a living thread, freed by another: after both have collected, nothing is left. */
START_TEST(test_free_for_another) {
    mip_process_init();
    mip_collect(true);
    size_t before = pages_in_use();
    allocate_all(NULL);
    ck_assert_uint_gt(pages_in_use(), before);
    in_thread(free_all, NULL);
    mip_collect(true);
    ck_assert_uint_le(pages_in_use(), before + 1);
}
END_TEST

/* Blocks of a thread that has ended. */
START_TEST(test_free_for_the_dead) {
    mip_process_init();
    mip_collect(true);
    size_t before = pages_in_use();
    in_thread(allocate_all, NULL);
    for (int i = 0; i < COUNT; i++)
        if (blocks[i] != NULL)
            ck_assert_int_eq(*(unsigned char *)blocks[i], i & 255);
    free_all(NULL);
    mip_collect(true);
    ck_assert_uint_le(pages_in_use(), before + 1);
}
END_TEST

static size_t records(void) {
    size_t count = 0;
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record)
        count++;
    return count;
}

static void *allocate_and_free(void *arg) {
    allocate_all(arg);
    return free_all(arg);
}

/* Threads in sequence share one record, and its pages. */
START_TEST(test_adoption) {
    mip_process_init();
    in_thread(allocate_and_free, (void *)1);
    size_t count = records();
    size_t pages = pages_in_use();
    for (int i = 0; i < 200; i++)
        in_thread(allocate_and_free, (void *)1);
    ck_assert_uint_eq(records(), count);
    ck_assert_uint_le(pages_in_use(), pages + 64);
}
END_TEST

/* Pages of parked records are taken before fresh slices are. */
START_TEST(test_steal) {
    mip_process_init();
    struct heap *heap = mip_heap_default();
    in_thread(allocate_all, (void *)1);
    /* most of it comes back to the parked record */
    for (int i = 0; i < COUNT; i++)
        if (i % 16 != 0)
            mip_free(blocks[i]);
    mip_flush_batches(heap->thread);
    struct thread *parked = NULL;
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record)
        if (atomic_load(&t->a_state) == RECORD_PARKED)
            parked = t;
    ck_assert_ptr_nonnull(parked);
    uint64_t token = (uintptr_t)parked;
    size_t from_parked = 0;
    for (int i = 0; i < 2000; i++) {
        void *p = mip_malloc(size_of(4) / 8);
        struct page *page = mip_pagemap_find(p);
        ck_assert_ptr_eq(mip_page_owner(page), heap->thread);
        ck_assert((uintptr_t)mip_page_owner(page) != token);
        for (int k = 4; k < COUNT; k += 8)
            from_parked += k % 16 == 0 && mip_pagemap_find(blocks[k]) == page;
        from_parked +=
            mip_load_relaxed(&page->a_heap) == heap && page->carved > 0 && page->next == NULL;
    }
    ck_assert_uint_gt(from_parked, 0);
    for (int i = 0; i < COUNT; i += 16)
        mip_free(blocks[i]);
    mip_collect(true);
}
END_TEST

/* After mi_thread_done, and after the destructor, allocation goes on with borrowed records. */
static void *after_done(void *arg) {
    (void)arg;
    void *early = mip_malloc(100);
    mip_tls_heap = 0;
    mip_thread_self(); /* still there: only the default heap's word is gone */
    mip_thread_done();
    ck_assert_ptr_null(mip_thread_self());
    mip_tls_self = TLS_DONE;
    for (int i = 0; i < 1000; i++) {
        void *p = mip_malloc(size_of(i));
        ck_assert_ptr_nonnull(p);
        memset(p, 1, size_of(i));
        p = mip_heap_realloc(NULL, p, size_of(i) * 3, false);
        void *q = mip_heap_malloc_aligned(NULL, 100, 8192, 0, true);
        ck_assert_uint_eq((uintptr_t)q % 8192, 0);
        mip_free(p);
        mip_free(q);
    }
    mip_free(early);
    ck_assert_ptr_null(mip_thread_self());
    return NULL;
}

START_TEST(test_after_the_end) {
    mip_process_init();
    in_thread(after_done, NULL);
    mip_collect(true);
}
END_TEST

/* A made heap's blocks survive its thread, and can be freed by anybody: their pages come back
   without a collection, but for the few empty ones that a heap keeps. */
static void *use_heap(void *arg) {
    struct heap *heap = mip_heap_new(0);
    ck_assert_ptr_nonnull(heap);
    for (int i = 0; i < COUNT; i++)
        blocks[i] = mip_heap_malloc(heap, size_of(i) / 8, false);
    if (arg != NULL)
        mip_heap_delete(heap);
    return NULL;
}

START_TEST(test_heap_of_the_dead) {
    mip_process_init();
    ck_assert_ptr_nonnull(mip_heap_default()); /* a record of its own: the dead's is not adopted */
    mip_collect(true);
    size_t before = pages_in_use();
    in_thread(use_heap, _i == 0 ? NULL : (void *)1);
    ck_assert_uint_gt(pages_in_use(), before + EMPTY_MAX);
    free_all(NULL);
    ck_assert_uint_le(pages_in_use(), before + EMPTY_MAX);
    mip_collect(true);
    ck_assert_uint_le(pages_in_use(), before + 1);
}
END_TEST

/* Frees into a made heap by others are found without the owner asking for a collection. */
static void *free_most(void *arg) {
    (void)arg;
    for (int i = 0; i < COUNT; i++)
        if (i % 100 != 0)
            mip_free(blocks[i]);
    return NULL;
}

START_TEST(test_made_heap_gets_back) {
    mip_process_init();
    struct heap *heap = mip_heap_new(0);
    for (int i = 0; i < COUNT; i++)
        blocks[i] = mip_heap_malloc(heap, 1000, false);
    size_t peak = pages_in_use();
    for (int round = 0; round < 20; round++) {
        in_thread(free_most, NULL);
        for (int i = 0; i < COUNT; i++)
            if (i % 100 != 0)
                blocks[i] = mip_heap_malloc(heap, 1000, false);
    }
    ck_assert_uint_le(pages_in_use(), 2 * peak);
    mip_heap_destroy(heap);
}
END_TEST

/* Every invariant of every heap, after all that. */
START_TEST(test_heap_check) {
    mip_process_init();
    in_thread(allocate_all, NULL);
    free_most(NULL);
    struct heap *heap = mip_heap_default();
    mip_heap_check(heap);
    uint64_t random = 99;
    static void *held[1000];
    for (int i = 0; i < 100000; i++) {
        size_t k = next_random(&random) % LENGTH_OF(held);
        mip_free(held[k]);
        held[k] = mip_malloc(next_random(&random) % 3000);
        if (i % 1000 == 0)
            mip_heap_check(heap);
    }
    size_t empty = 0;
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (struct page *page = heap->queue[bin].first; page != NULL; page = page->next)
            empty += page->until_event == 0 ? mip_empty_slices(page) : 0;
    ck_assert_uint_eq(empty, heap->empty_slices);
}
END_TEST

static int deferred_calls, deferred_depth;

static void allocate_deferred(bool force, unsigned long long heartbeat, void *arg) {
    (void)force, (void)heartbeat, (void)arg;
    ck_assert_int_lt(deferred_depth, 10);
    deferred_depth++;
    deferred_calls++;
    for (int i = 0; i < 3; i++)
        mip_free(mip_malloc(600000)); /* each a tick */
    deferred_depth--;
}

static void *tick_after_done(void *arg) {
    (void)arg;
    mip_free(mip_malloc(600000));
    ck_assert_int_gt(deferred_calls, 0);
    mip_thread_done();
    mip_tls_self = TLS_DONE; /* as after the destructors */
    deferred_calls = 0;
    for (int i = 0; i < 100; i++)
        mip_free(mip_malloc(600000));
    return NULL;
}

/* The function of deferred frees allocates, which borrows a record when the thread's own is gone:
   it is not called for that one. */
START_TEST(test_deferred_after_the_end) {
    mip_process_init();
    mip_register_deferred_free(allocate_deferred, NULL);
    in_thread(tick_after_done, NULL);
    mip_register_deferred_free(NULL, NULL);
    ck_assert_int_eq(deferred_calls, 0);
}
END_TEST

static void end_deferred(bool force, unsigned long long heartbeat, void *arg) {
    (void)force, (void)heartbeat, (void)arg;
    struct thread *self = mip_thread_self();
    deferred_calls++;
    mip_thread_done();
    ck_assert_ptr_eq(mip_thread_self(), self);
}

/* The tick that called goes on with the thread's record: it does not end it. */
START_TEST(test_deferred_ends_the_thread) {
    mip_process_init();
    struct thread *self = mip_thread_get();
    mip_register_deferred_free(end_deferred, NULL);
    for (int i = 0; i < 100; i++) {
        char *p = mip_malloc(600000);
        memset(p, i, 100);
        mip_free(mip_malloc(100));
        mip_free(p);
    }
    mip_collect(true);
    mip_register_deferred_free(NULL, NULL);
    ck_assert_int_ge(deferred_calls, 100);
    ck_assert_ptr_eq(mip_thread_self(), self);
    mip_thread_done();
    ck_assert_ptr_ne(mip_thread_self(), self);
}
END_TEST

static TCase *threads(void) {
    TCase *test_case = tcase_create("threads");
    tcase_set_timeout(test_case, 120);
    tcase_add_test(test_case, test_free_for_another);
    tcase_add_test(test_case, test_free_for_the_dead);
    tcase_add_test(test_case, test_adoption);
    tcase_add_test(test_case, test_steal);
    tcase_add_test(test_case, test_after_the_end);
    tcase_add_loop_test(test_case, test_heap_of_the_dead, 0, 2);
    tcase_add_test(test_case, test_made_heap_gets_back);
    tcase_add_test(test_case, test_heap_check);
    tcase_add_test(test_case, test_deferred_after_the_end);
    tcase_add_test(test_case, test_deferred_ends_the_thread);
    return test_case;
}

int main(void) {
    TCase *(*const cases[])(void) = {threads};
    return run_suite("thread", cases, LENGTH_OF(cases));
}
