/* SPDX-License-Identifier: MIT */
/* A program that asks for the later shapes. */
#define MI_API_VERSION 2
#include "support.h"

START_TEST(versions) {
    ck_assert_int_eq(MI_MALLOC_VERSION, 209);
    ck_assert_int_eq(mi_version(), 100); /* what the library is, not what the program asks for */
}
END_TEST

START_TEST(option_enable) {
    void (*enable)(mi_option_t) = &mi_option_enable;
    enable(mi_option_cache_reset);
    ck_assert(mi_option_is_enabled(mi_option_cache_reset));
    mi_option_disable(mi_option_cache_reset);
    ck_assert(!mi_option_is_enabled(mi_option_cache_reset));
    mi_option_enable(mi_option_cache_reset);
    ck_assert(mi_option_is_enabled(mi_option_cache_reset));
}
END_TEST

static void count_calls(bool force, unsigned long long heartbeat, void *arg) {
    size_t *calls = arg;
    (void)force;
    (void)heartbeat;
    ++*calls;
}

START_TEST(deferred_free) {
    mi_deferred_free_v2_fun *by_its_name = count_calls;
    mi_deferred_free_fun *function = by_its_name;
    size_t calls = 0;
    mi_register_deferred_free(function, &calls);
    for (size_t i = 0; i < 100000; i++) {
        mi_free(mi_malloc(i % 5000));
    }
    mi_collect(true);
    mi_register_deferred_free(NULL, NULL);
    ck_assert_uint_gt(calls, 0);
}
END_TEST

static void collect_text(const char *msg, void *arg) {
    strncat(arg, msg, 10);
}

START_TEST(stats_print) {
    char text[65536] = "";
    mi_register_output(collect_text, text);
    mi_stats_print(NULL);
    mi_register_output(NULL, NULL);
    ck_assert_uint_gt(strlen(text), 0);
}
END_TEST

START_TEST(usable_size_takes_const) {
    const void *p = mi_malloc(10);
    ck_assert_uint_ge(mi_usable_size(p), 10);
    mi_free((void *)(uintptr_t)p);
}
END_TEST

RUN_SUITE("later", versions, option_enable, deferred_free, stats_print, usable_size_takes_const)
