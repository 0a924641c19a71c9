/* SPDX-License-Identifier: MIT */
/* Metadata memory and pools: aligned, zero, never shared, also between threads. */
#include "core/meta.h"
#include "os/os.h"
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

START_TEST(test_alloc) {
    static const size_t sizes[] = {1, 16, 128, 129, 4096, 70000, (size_t)3 << 20};
    mip_os_init();
    char *previous = NULL;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < LENGTH_OF(sizes); i++) {
            char *p = mip_meta_alloc(sizes[i]);
            ck_assert_ptr_nonnull(p);
            ck_assert_uint_eq((uintptr_t)p % 128, 0);
            ck_assert(p != previous);
            for (size_t k = 0; k < sizes[i]; k += sizes[i] / 16 + 1)
                ck_assert_int_eq(p[k], 0);
            memset(p, 0xee, sizes[i]);
            previous = p;
        }
    }
}
END_TEST

enum { OBJECTS = 4096, WORKERS = 4, ROUNDS = 20000 };
struct object {
    struct pool_item item;
    _Atomic(unsigned) a_owner;
};
static struct pool pool = {.size = sizeof(struct object)};

/* Nobody else has what one thread took. */
static void *take_and_give(void *arg) {
    unsigned self = (unsigned)(uintptr_t)arg + 1;
    struct object *held[8] = {NULL};
    uint64_t random = self * 7919;
    uintptr_t bad = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct object **slot = &held[next_random(&random) % LENGTH_OF(held)];
        if (*slot == NULL) {
            bool is_fresh;
            *slot = mip_pool_take(&pool, &is_fresh);
            bad += atomic_exchange(&(*slot)->a_owner, self) != 0;
        } else {
            bad += atomic_exchange(&(*slot)->a_owner, 0) != self;
            mip_pool_give(&pool, *slot);
            *slot = NULL;
        }
    }
    return (void *)bad;
}

START_TEST(test_pool_threads) {
    pthread_t threads[WORKERS];
    mip_os_init();
    for (uintptr_t t = 0; t < WORKERS; t++)
        ck_assert_int_eq(pthread_create(&threads[t], NULL, take_and_give, (void *)t), 0);
    for (int t = 0; t < WORKERS; t++) {
        void *bad;
        pthread_join(threads[t], &bad);
        ck_assert_ptr_null(bad);
    }
}
END_TEST

START_TEST(test_pool_reuses) {
    bool is_fresh;
    static struct pool one = {.size = 256};
    mip_os_init();
    void *p = mip_pool_take(&one, &is_fresh);
    ck_assert(is_fresh);
    mip_pool_give(&one, p);
    ck_assert_ptr_eq(mip_pool_take(&one, &is_fresh), p);
    ck_assert(!is_fresh);
}
END_TEST

/* Who finds one list locked finds what he gave before in another. */
START_TEST(test_pool_list_locked) {
    bool is_fresh;
    static struct pool partly = {.size = 256};
    mip_os_init();
    mip_pool_give(&partly, mip_pool_take(&partly, &is_fresh));
    for (int i = 0; i < POOL_LISTS; i++)
        if (atomic_load(&partly.lists[i].list.a_free) != NULL)
            atomic_store(&partly.lists[i].list.a_lock, true);
    void *p = mip_pool_take(&partly, &is_fresh);
    ck_assert(is_fresh);
    mip_pool_give(&partly, p);
    ck_assert_ptr_eq(mip_pool_take(&partly, &is_fresh), p);
    ck_assert(!is_fresh);
}
END_TEST

/* Two that are given back lie in two lists, so that a thread stopped at one leaves the other. */
START_TEST(test_pool_two_lists) {
    bool is_fresh;
    static struct pool two = {.size = 256};
    unsigned used = 0;
    mip_os_init();
    void *first = mip_pool_take(&two, &is_fresh);
    void *second = mip_pool_take(&two, &is_fresh);
    mip_pool_give(&two, first);
    mip_pool_give(&two, second);
    for (int i = 0; i < POOL_LISTS; i++)
        used += atomic_load(&two.lists[i].list.a_free) != NULL;
    ck_assert_uint_eq(used, 2);
}
END_TEST

enum { FRESH_MOST = 100, MANY_ROUNDS = 500000 };
static struct pool shared = {.size = 256};

static void *take_one_and_give(void *arg) {
    uintptr_t fresh = 0;
    (void)arg;
    for (int i = 0; i < MANY_ROUNDS; i++) {
        bool is_fresh;
        void *p = mip_pool_take(&shared, &is_fresh);
        fresh += is_fresh;
        mip_pool_give(&shared, p);
    }
    return (void *)fresh;
}

/* However often threads meet, a pool does not grow much beyond what they hold: one object each. */
START_TEST(test_pool_bounded) {
    pthread_t threads[WORKERS];
    uintptr_t sum = 0;
    mip_os_init();
    for (uintptr_t t = 0; t < WORKERS; t++)
        ck_assert_int_eq(pthread_create(&threads[t], NULL, take_one_and_give, NULL), 0);
    for (int t = 0; t < WORKERS; t++) {
        void *fresh;
        pthread_join(threads[t], &fresh);
        sum += (uintptr_t)fresh;
    }
    printf("meta: %zu objects for %d threads\n", (size_t)sum, WORKERS);
    ck_assert_uint_le(sum, FRESH_MOST);
}
END_TEST

/* While somebody holds the pool's locks, or for ever after a fork, others take fresh memory. */
START_TEST(test_pool_locked) {
    bool is_fresh;
    static struct pool locked = {.size = 256};
    mip_os_init();
    void *p = mip_pool_take(&locked, &is_fresh);
    mip_pool_give(&locked, p);
    for (int i = 0; i < POOL_LISTS; i++)
        atomic_store(&locked.lists[i].list.a_lock, true);
    ck_assert_ptr_ne(mip_pool_take(&locked, &is_fresh), p);
    ck_assert(is_fresh);
    mip_pool_fork_child(&locked);
    ck_assert_ptr_eq(mip_pool_take(&locked, &is_fresh), p);
}
END_TEST

static int fail_map(enum mip_os_call call) {
    return call == MIP_OS_MMAP ? 12 : 0;
}

START_TEST(test_no_memory) {
    mip_os_init();
    mip_os_fault_hook = fail_map;
    int got = 0;
    while (mip_meta_alloc(4096) != NULL && got < 1000)
        got++;
    mip_os_fault_hook = NULL;
    ck_assert_int_lt(got, 1000);
    ck_assert_ptr_nonnull(mip_meta_alloc(4096));
}
END_TEST

static TCase *meta(void) {
    TCase *test_case = tcase_create("meta");
    tcase_set_timeout(test_case, 60);
    tcase_add_test(test_case, test_alloc);
    tcase_add_test(test_case, test_pool_threads);
    tcase_add_test(test_case, test_pool_reuses);
    tcase_add_test(test_case, test_pool_locked);
    tcase_add_test(test_case, test_pool_list_locked);
    tcase_add_test(test_case, test_pool_two_lists);
    tcase_add_test(test_case, test_pool_bounded);
    tcase_add_test(test_case, test_no_memory);
    return test_case;
}

int main(void) {
    TCase *(*const cases[])(void) = {meta};
    return run_suite("meta", cases, LENGTH_OF(cases));
}
