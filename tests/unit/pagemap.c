/* SPDX-License-Identifier: MIT */
/* The page map: total before and after initialisation, inside and outside the window. */
#include "core/pagemap.h"
#include "os/os.h"
#include "unit.h"

#include <pthread.h>

static struct page pages[4];
static const uintptr_t base = (uintptr_t)1 << 30;
static const size_t window = (size_t)256 << 20;

static void ask_everywhere(void) {
    uint64_t random = 88172645463325252U;
    for (int i = 0; i < 100000; i++) {
        uintptr_t p = (uintptr_t)next_random(&random);
        ck_assert_ptr_null(mip_pagemap_find((void *)p));
        ck_assert_ptr_null(mip_pagemap_find((void *)(p >> (p % 64))));
    }
    ck_assert_ptr_null(mip_pagemap_find(NULL));
    ck_assert_ptr_null(mip_pagemap_find((void *)UINTPTR_MAX));
}

START_TEST(test_total) {
    ask_everywhere();
    mip_os_init();
    ck_assert(mip_pagemap_init(base, window));
    ask_everywhere();
    ck_assert_uint_eq(mip_pagemap_window_size(), window);
}
END_TEST

static const struct {
    intptr_t slice; /* from the window's base */
    size_t count;
} ranges[] = {{0, 1},  {1, 7},  {100, 64}, {4095, 1},    {4094, 2},    {4095, 2},
              {-1, 1}, {-2, 4}, {5000, 3}, {1 << 17, 1}, {65536, 5000}};

START_TEST(test_set_and_clear) {
    mip_os_init();
    ck_assert(mip_pagemap_init(base, window));
    char *start = (char *)(base + (uintptr_t)(ranges[_i].slice * SLICE_SIZE));
    size_t count = ranges[_i].count;
    ck_assert(mip_pagemap_set(start, count, &pages[0]));
    ck_assert_ptr_null(mip_pagemap_find(start - 1));
    ck_assert_ptr_eq(mip_pagemap_find(start), &pages[0]);
    ck_assert_ptr_eq(mip_pagemap_find(start + count * SLICE_SIZE - 1), &pages[0]);
    ck_assert_ptr_null(mip_pagemap_find(start + count * SLICE_SIZE));
    mip_pagemap_clear_page(start, &pages[1]);
    ck_assert_ptr_eq(mip_pagemap_find(start), &pages[0]);
    mip_pagemap_clear_page(start, &pages[0]);
    ck_assert_ptr_null(mip_pagemap_find(start));
    mip_pagemap_clear(start, count);
    ck_assert_ptr_null(mip_pagemap_find(start));
    ck_assert_ptr_null(mip_pagemap_find(start + count * SLICE_SIZE - 1));
}
END_TEST

/* Below the limit there is a page behind every entry: the fast free reads without a test. */
START_TEST(test_nobody) {
    mip_os_init();
    ck_assert(mip_pagemap_init(base, window));
    ck_assert(mip_pagemap_set((void *)(base + 77 * SLICE_SIZE), 1, &pages[1]));
    size_t limit = atomic_load(&mip_window.a_limit);
    ck_assert_uint_gt(limit, 77);
    for (size_t i = 0; i < limit; i++)
        ck_assert_ptr_eq(atomic_load(&mip_window.a_entries[i]),
                         i == 77 ? &pages[1] : &mip_page_nobody);
    ck_assert_uint_eq(atomic_load(&mip_page_nobody.a_owner) & OWNER_SPECIAL, OWNER_SPECIAL);
}
END_TEST

/* What was entered before there was a window is found after, inside it and outside. */
START_TEST(test_early_entries) {
    void *inside = (void *)(base + 33 * SLICE_SIZE), *outside = (void *)(base - SLICE_SIZE);
    mip_os_init();
    ck_assert(mip_pagemap_set(inside, 1, &pages[2]));
    ck_assert(mip_pagemap_set(outside, 1, &pages[3]));
    ck_assert(mip_pagemap_init(base, window));
    ck_assert_ptr_eq(mip_pagemap_find(inside), &pages[2]);
    ck_assert_ptr_eq(mip_pagemap_find(outside), &pages[3]);
    ck_assert(mip_pagemap_set((void *)base, 1, &pages[0])); /* raises the limit past it */
    ck_assert_ptr_eq(mip_pagemap_find(inside), &pages[2]);
    mip_pagemap_clear_page(inside, &pages[3]);
    ck_assert_ptr_eq(mip_pagemap_find(inside), &pages[2]);
    mip_pagemap_clear_page(inside, &pages[2]);
    ck_assert_ptr_null(mip_pagemap_find(inside));
    ck_assert(mip_pagemap_set(inside, 1, &pages[1]));
    ck_assert_ptr_eq(mip_pagemap_find(inside), &pages[1]);
}
END_TEST

enum { WORKERS = 4, SLICES = 4096 };
static _Atomic(int) a_bad;

/* Threads that raise the limit past each other keep each other's entries. */
static void *enter(void *arg) {
    size_t self = (size_t)(uintptr_t)arg;
    for (size_t slice = self; slice < SLICES; slice += WORKERS) {
        void *p = (void *)(base + (slice << SLICE_SHIFT));
        if (!mip_pagemap_set(p, 1, &pages[self]) || mip_pagemap_find(p) != &pages[self])
            atomic_fetch_add(&a_bad, 1);
    }
    return NULL;
}

START_TEST(test_threads) {
    pthread_t threads[WORKERS];
    mip_os_init();
    ck_assert(mip_pagemap_init(base, window));
    for (uintptr_t t = 0; t < WORKERS; t++)
        ck_assert_int_eq(pthread_create(&threads[t], NULL, enter, (void *)t), 0);
    for (int t = 0; t < WORKERS; t++)
        pthread_join(threads[t], NULL);
    ck_assert_int_eq(atomic_load(&a_bad), 0);
    for (size_t slice = 0; slice < SLICES; slice++)
        ck_assert_ptr_eq(mip_pagemap_find((void *)(base + (slice << SLICE_SHIFT))),
                         &pages[slice % WORKERS]);
}
END_TEST

static int fail_all(enum mip_os_call call) {
    (void)call;
    return 12;
}

START_TEST(test_no_memory) {
    mip_os_init();
    ck_assert(mip_pagemap_init(base, window));
    mip_os_fault_hook = fail_all;
    ck_assert(!mip_pagemap_set((void *)base, 1, &pages[0]));
    mip_os_fault_hook = NULL;
    ck_assert_ptr_null(mip_pagemap_find((void *)base));
    ck_assert(mip_pagemap_set((void *)base, 1, &pages[0]));
}
END_TEST

static TCase *map(void) {
    TCase *test_case = tcase_create("map");
    tcase_set_timeout(test_case, 60);
    tcase_add_test(test_case, test_total);
    tcase_add_loop_test(test_case, test_set_and_clear, 0, LENGTH_OF(ranges));
    tcase_add_test(test_case, test_nobody);
    tcase_add_test(test_case, test_early_entries);
    tcase_add_test(test_case, test_threads);
    tcase_add_test(test_case, test_no_memory);
    return test_case;
}

int main(void) {
    TCase *(*const cases[])(void) = {map};
    return run_suite("pagemap", cases, LENGTH_OF(cases));
}
