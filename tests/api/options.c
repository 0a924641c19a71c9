/* SPDX-License-Identifier: MIT */
/* Chapter "options"; what the environment does is in environment.sh. */
#include "support.h"

#include <limits.h>

static const struct {
    mi_option_t option;
    int number;
    const char *name;
    long initial; /* LONG_MIN: depends on the variant or the system */
} options[] = {{mi_option_page_reset, 0, "page_reset", 1},
               {mi_option_cache_reset, 1, "cache_reset", 0},
               {mi_option_pool_commit, 2, "pool_commit", 0},
               {mi_option_show_stats, 3, "show_stats", 0},
               {mi_option_show_errors, 4, "show_errors", LONG_MIN},
               {mi_option_verbose, 5, "verbose", 0},
               {mi_option_purge_delay, 6, "purge_delay", 500},
               {mi_option_arena_reserve, 7, "arena_reserve", 1048576},
               {mi_option_large_pages, 8, "large_pages", LONG_MIN},
               {mi_option_max_errors, 9, "max_errors", 16},
               {mi_option_max_warnings, 10, "max_warnings", 16},
               {mi_option_keep_deepbind, 11, "keep_deepbind", 0},
               {mi_option_populate_step, 12, "populate_step", 0},
               {mi_option_stats_detail, 13, "stats_detail", 0},
               {mi_option_secure_level, 14, "secure_level", 2},
               {mi_option_trace, 15, "trace", 0},
               {mi_option_check_origin, 16, "check_origin", 1}};

START_TEST(numbers_and_defaults) {
    ck_assert_uint_eq(COUNT_OF(options), (size_t)_mi_option_last);
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        ck_assert_int_eq((int)options[i].option, options[i].number);
        if (options[i].initial != LONG_MIN) {
            ck_assert_msg(mi_option_get(options[i].option) == options[i].initial, "%s is %ld",
                          options[i].name, mi_option_get(options[i].option));
            ck_assert_int_eq(mi_option_enabled(options[i].option), options[i].initial != 0);
        }
    }
}
END_TEST

START_TEST(set_and_get) {
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        mi_option_t option = options[i].option;
        if (option == mi_option_arena_reserve || option == mi_option_secure_level) {
            continue; /* 0 or 1 is out of its range */
        }
        mi_option_set(option, 1);
        ck_assert_int_eq(mi_option_get(option), 1);
        ck_assert(mi_option_enabled(option));
        ck_assert(mi_option_is_enabled(option));
        mi_option_disable(option);
        ck_assert_int_eq(mi_option_get(option), 0);
        ck_assert(!mi_option_enabled(option));
        ck_assert(!mi_option_is_enabled(option));
        mi_option_enable(option, true);
        ck_assert_int_eq(mi_option_get(option), 1);
        mi_option_enable(option, false);
        ck_assert_int_eq(mi_option_get(option), 0);
        mi_option_enable_v2(option);
        ck_assert_int_eq(mi_option_get(option), 1);
        mi_option_set_enabled(option, false);
        ck_assert_int_eq(mi_option_get(option), 0);
        mi_option_set_enabled(option, true);
        ck_assert_int_eq(mi_option_get(option), 1);
        mi_option_set(option, 0);
    }
}
END_TEST

START_TEST(default_when_not_set) {
    mi_option_set_default(mi_option_purge_delay, 77);
    ck_assert_int_eq(mi_option_get(mi_option_purge_delay), 77);
    mi_option_set_default(mi_option_purge_delay, 78);
    ck_assert_int_eq(mi_option_get(mi_option_purge_delay), 78);
    mi_option_enable_default(mi_option_cache_reset, true);
    ck_assert_int_eq(mi_option_get(mi_option_cache_reset), 1);
    mi_option_set_enabled_default(mi_option_keep_deepbind, true);
    ck_assert_int_eq(mi_option_get(mi_option_keep_deepbind), 1);
}
END_TEST

START_TEST(no_default_when_set) {
    mi_option_set(mi_option_purge_delay, 5);
    mi_option_set_default(mi_option_purge_delay, 77);
    ck_assert_int_eq(mi_option_get(mi_option_purge_delay), 5);
    mi_option_enable(mi_option_cache_reset, false);
    mi_option_enable_default(mi_option_cache_reset, true);
    mi_option_set_enabled_default(mi_option_cache_reset, true);
    ck_assert_int_eq(mi_option_get(mi_option_cache_reset), 0);
}
END_TEST

START_TEST(out_of_range_is_ignored) {
    long before = mi_option_get(mi_option_purge_delay);
    mi_option_set(mi_option_page_reset, 2);
    ck_assert_int_eq(mi_option_get(mi_option_page_reset), 1);
    mi_option_set(mi_option_large_pages, 1);
    mi_option_set(mi_option_large_pages, 3);
    mi_option_set(mi_option_large_pages, -1);
    ck_assert_int_eq(mi_option_get(mi_option_large_pages), 1);
    mi_option_set(mi_option_purge_delay, LONG_MIN);
    ck_assert_int_eq(mi_option_get(mi_option_purge_delay), before);
}
END_TEST

/* Of each option, by _set and by _set_default; what is out of range changes nothing. */
static const long extremes[] = {LONG_MIN, LONG_MIN + 1, INT_MIN, -2, -1, LONG_MAX, LONG_MAX - 1};

START_TEST(extremes_are_ignored) {
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        mi_option_t option = options[i].option;
        long before = mi_option_get(option);
        for (size_t j = 0; j < COUNT_OF(extremes); j++) {
            errno = ERRNO_UNTOUCHED;
            mi_option_set_default(option, extremes[j]);
            ck_assert_int_eq(mi_option_get(option), before);
            mi_option_set(option, extremes[j]);
            ck_assert_int_eq(mi_option_get(option), before);
            ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
        }
        mi_option_set_default(option, before); /* still the option's default: nobody has set it */
        ck_assert_int_eq(mi_option_get(option), before);
    }
    mi_option_set_default(mi_option_purge_delay, 3);
    ck_assert_int_eq(mi_option_get(mi_option_purge_delay), 3);
}
END_TEST

START_TEST(unknown_options) {
    static const int unknown[] = {-1, 1000, INT_MAX, INT_MIN, (int)_mi_option_last};
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        mi_option_t option = (mi_option_t)unknown[i];
        mi_option_set(option, 1);
        mi_option_set_default(option, 1);
        mi_option_enable(option, true);
        ck_assert_int_eq(mi_option_get(option), 0);
        ck_assert(!mi_option_enabled(option));
        ck_assert_uint_eq(mi_option_get_size(option), 0);
    }
}
END_TEST

START_TEST(clamped) {
    mi_option_set(mi_option_purge_delay, 100);
    ck_assert_int_eq(mi_option_get_clamp(mi_option_purge_delay, 0, 1000), 100);
    ck_assert_int_eq(mi_option_get_clamp(mi_option_purge_delay, 200, 1000), 200);
    ck_assert_int_eq(mi_option_get_clamp(mi_option_purge_delay, 0, 50), 50);
    ck_assert_int_eq(mi_option_get_clamp(mi_option_purge_delay, LONG_MIN, LONG_MAX), 100);
    ck_assert_int_eq(mi_option_get_clamp(mi_option_purge_delay, LONG_MAX, LONG_MAX), LONG_MAX);
    ck_assert_int_eq(mi_option_get_clamp((mi_option_t)1000, 5, 9), 5);
}
END_TEST

START_TEST(as_size) {
    ck_assert_uint_eq(mi_option_get_size(mi_option_arena_reserve), (size_t)1 << 30);
    ck_assert_uint_eq(mi_option_get_size(mi_option_max_errors), 16);
    mi_option_set(mi_option_arena_reserve, LONG_MAX);
    ck_assert_uint_eq(mi_option_get_size(mi_option_arena_reserve), (size_t)1 << 30);
    mi_option_set(mi_option_arena_reserve, PTRDIFF_MAX / 1024);
    ck_assert_uint_eq(mi_option_get_size(mi_option_arena_reserve),
                      (size_t)PTRDIFF_MAX / 1024 * 1024);
    mi_option_set(mi_option_populate_step, 3);
    ck_assert_uint_eq(mi_option_get_size(mi_option_populate_step), 3072);
}
END_TEST

static char text[4096];

static void collect_text(const char *msg, void *arg) {
    strncat(arg, msg, sizeof(text) - strlen(text) - 1);
}

START_TEST(print) {
    mi_register_output(collect_text, text);
    mi_options_print();
    mi_register_output(NULL, NULL);
    ck_assert_ptr_nonnull(strstr(text, MIMALLOC_PACKAGE_VERSION));
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        char expected[64];
        snprintf(expected, sizeof(expected), "'%s': %ld\n", options[i].name,
                 mi_option_get(options[i].option));
        ck_assert_msg(strstr(text, expected) != NULL, "%s in\n%s", expected, text);
    }
}
END_TEST

RUN_SUITE("options", numbers_and_defaults, set_and_get, default_when_not_set, no_default_when_set,
          out_of_range_is_ignored, extremes_are_ignored, unknown_options, clamped, as_size, print)
