/* SPDX-License-Identifier: MIT */
/* Counters: sums, peaks, resets, and that nothing is lost among threads. */
#include "base/stats.h"
#include "unit.h"

#include <pthread.h>

static struct mip_stat_values read_stat(enum mip_stat stat) {
    struct mip_stat_values values;
    mip_stat_read(stat, &values);
    return values;
}

static void expect(struct mip_stat_values values, uint64_t peak, uint64_t total, uint64_t freed) {
    ck_assert_uint_eq(values.peak, peak);
    ck_assert_uint_eq(values.total, total);
    ck_assert_uint_eq(values.freed, freed);
}

START_TEST(test_sums) {
    mip_stats_reset();
    mip_stat_increase(MIP_STAT_SEGMENTS, 5);
    mip_stat_increase(MIP_STAT_SEGMENTS, 7);
    mip_stat_decrease(MIP_STAT_SEGMENTS, 4);
    mip_stat_increase(MIP_STAT_SEGMENTS, 1);
    expect(read_stat(MIP_STAT_SEGMENTS), 12, 13, 4);
    expect(read_stat(MIP_STAT_HEAPS), 0, 0, 0);
    mip_stat_decrease(MIP_STAT_SEGMENTS, 9);
    expect(read_stat(MIP_STAT_SEGMENTS), 12, 13, 13);
}
END_TEST

START_TEST(test_reset) {
    mip_stat_increase(MIP_STAT_HUGE, 100);
    mip_stat_decrease(MIP_STAT_HUGE, 70);
    mip_stat_bin_increase(3, 48, 40);
    mip_stats_reset();
    expect(read_stat(MIP_STAT_HUGE), 30, 30, 0);
    ck_assert_uint_eq(mip_stat_requested(), 0);
    mip_stat_increase(MIP_STAT_HUGE, 10);
    mip_stat_decrease(MIP_STAT_HUGE, 40);
    expect(read_stat(MIP_STAT_HUGE), 40, 40, 40);
}
END_TEST

START_TEST(test_never_negative) {
    mip_stat_decrease(MIP_STAT_RESET, 8);
    expect(read_stat(MIP_STAT_RESET), 0, 0, 0);
    mip_stat_increase(MIP_STAT_RESET, 10);
    expect(read_stat(MIP_STAT_RESET), 2, 10, 8);
}
END_TEST

START_TEST(test_bins) {
    struct mip_stat_values values;
    size_t block_size = 1;
    mip_stats_reset();
    mip_stat_bin_increase(7, 112, 100);
    mip_stat_bin_increase(7, 112, 111);
    mip_stat_bin_decrease(7, 112);
    mip_stat_bin_read(7, &block_size, &values);
    ck_assert_uint_eq(block_size, 112);
    expect(values, 224, 224, 112);
    ck_assert_uint_eq(mip_stat_requested(), 211);
    mip_stat_bin_read_blocks(7, &values);
    expect(values, 2, 2, 1);
    expect(read_stat(MIP_STAT_BLOCKS), 224, 224, 112);
    mip_stat_bin_read(8, &block_size, &values);
    ck_assert_uint_eq(block_size, 0);
    expect(values, 0, 0, 0);
}
END_TEST

/* Blocks that share no page differ in size, and are no part of the sum of those that do. */
START_TEST(test_huge_bin) {
    struct mip_stat_values values;
    size_t block_size;
    mip_stats_reset();
    mip_stat_bin_increase(MIP_STAT_BIN_HUGE, 1000000, 999999);
    mip_stat_bin_increase(MIP_STAT_BIN_HUGE, 3000000, 1);
    mip_stat_bin_decrease(MIP_STAT_BIN_HUGE, 1000000);
    mip_stat_bin_read_blocks(MIP_STAT_BIN_HUGE, &values);
    expect(values, 2, 2, 1);
    mip_stat_bin_read(MIP_STAT_BIN_HUGE, &block_size, &values);
    ck_assert_uint_eq(block_size, 3000000);
    expect(values, 4000000, 4000000, 1000000);
    expect(read_stat(MIP_STAT_BLOCKS), 0, 0, 0);
}
END_TEST

START_TEST(test_pages) {
    struct mip_stat_values values;
    mip_stats_reset();
    mip_stat_page_increase(0);
    mip_stat_page_increase(5);
    mip_stat_page_increase(5);
    mip_stat_page_decrease(5);
    mip_stat_page_increase(MIP_STAT_BIN_MAX); /* in the sum only */
    mip_stat_page_decrease(0);
    expect(read_stat(MIP_STAT_PAGES), 3, 4, 2);
    mip_stat_page_read(5, &values);
    expect(values, 2, 2, 1);
    mip_stat_page_read(0, &values);
    expect(values, 1, 1, 1);
    mip_stat_page_read(MIP_STAT_BIN_MAX, &values);
    expect(values, 0, 0, 0);
    mip_stats_reset();
    mip_stat_page_read(5, &values);
    expect(values, 1, 1, 0);
}
END_TEST

START_TEST(test_bins_out_of_range) {
    struct mip_stat_values values;
    size_t block_size = 1;
    mip_stat_bin_increase(MIP_STAT_BIN_MAX, 16, 16);
    mip_stat_bin_decrease(UINT32_MAX, 16);
    mip_stat_bin_read(MIP_STAT_BIN_MAX, &block_size, &values);
    ck_assert_uint_eq(block_size, 0);
    expect(values, 0, 0, 0);
    mip_stat_bin_read_blocks(UINT32_MAX, &values);
    expect(values, 0, 0, 0);
}
END_TEST

enum { THREADS = 4, ROUNDS = 20000 };

static pthread_barrier_t start_line;

static void *count(void *arg) {
    struct mip_stat_values values;
    pthread_barrier_wait(&start_line);
    for (int i = 0; i < ROUNDS; i++) {
        mip_stat_increase(MIP_STAT_NORMAL, 3);
        if (i % 64 == 0) {
            mip_stat_read(MIP_STAT_NORMAL, &values);
            ck_assert_uint_ge(values.total, values.freed);
            ck_assert_uint_ge(values.peak, values.total - values.freed);
        }
        mip_stat_decrease(MIP_STAT_NORMAL, i % 2 == 0 ? 3 : 2);
    }
    return arg;
}

START_TEST(test_threads) {
    pthread_t threads[THREADS];
    uint64_t left = (uint64_t)THREADS * ROUNDS / 2;
    struct mip_stat_values values;
    pthread_barrier_init(&start_line, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count, NULL), 0);
    }
    pthread_barrier_wait(&start_line);
    for (int i = 0; i < 3000; i++) {
        mip_stats_reset(); /* must not lose what the threads count meanwhile */
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    values = read_stat(MIP_STAT_NORMAL);
    ck_assert_uint_eq(values.total - values.freed, left);
    ck_assert_uint_ge(values.peak, left);
    ck_assert_uint_le(values.peak, left + 3 * THREADS);
}
END_TEST

static TCase *counters(void) {
    TCase *tests = tcase_create("counters");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_sums);
    tcase_add_test(tests, test_reset);
    tcase_add_test(tests, test_never_negative);
    tcase_add_test(tests, test_bins);
    tcase_add_test(tests, test_bins_out_of_range);
    tcase_add_test(tests, test_huge_bin);
    tcase_add_test(tests, test_pages);
    tcase_add_test(tests, test_threads);
    return tests;
}

int main(void) {
    TCase *(*const cases[])(void) = {counters};
    return run_suite("stats", cases, LENGTH_OF(cases));
}
