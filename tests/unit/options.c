/* SPDX-License-Identifier: MIT */
/* Options: the table, who wins over whom, and what the environment may say.  Each test runs in a
   process of its own, since the environment is read once. */
#include "base/options.h"
#include "base/report.h"
#include "unit.h"
#include "variant.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern const char *mi_options;
const char *mi_options;

static char said[4096];

static void collect(const char *text, void *arg) {
    (void)arg;
    strcat(said, text);
}

static const struct {
    enum mip_option option;
    const char *name;
    long initial, minimum, maximum;
} table[] = {
    {MIP_OPTION_PAGE_RESET, "page_reset", 1, 0, 1},
    {MIP_OPTION_CACHE_RESET, "cache_reset", 0, 0, 1},
    {MIP_OPTION_POOL_COMMIT, "pool_commit", 0, 0, 1},
    {MIP_OPTION_SHOW_STATS, "show_stats", 0, 0, 1},
    {MIP_OPTION_SHOW_ERRORS, "show_errors", CHECK_LEVEL > 0, 0, 1},
    {MIP_OPTION_VERBOSE, "verbose", 0, 0, 2},
    {MIP_OPTION_PURGE_DELAY, "purge_delay", 500, 0, 86400000},
    {MIP_OPTION_ARENA_RESERVE, "arena_reserve", 1048576, 64, PTRDIFF_MAX / 1024},
    {MIP_OPTION_LARGE_PAGES, "large_pages", 1, 0, 2},
    {MIP_OPTION_MAX_ERRORS, "max_errors", 16, 0, 1 << 28},
    {MIP_OPTION_MAX_WARNINGS, "max_warnings", 16, 0, 1 << 28},
    {MIP_OPTION_KEEP_DEEPBIND, "keep_deepbind", 0, 0, 1},
    {MIP_OPTION_POPULATE_STEP, "populate_step", 0, 0, PTRDIFF_MAX / 1024},
    {MIP_OPTION_STATS_DETAIL, "stats_detail", 0, 0, 1},
    {MIP_OPTION_SECURE_LEVEL, "secure_level", 2, 1, 2},
    {MIP_OPTION_TRACE, "trace", 0, 0, 1 << 28},
    {MIP_OPTION_CHECK_ORIGIN, "check_origin", 1, 0, 1},
};

START_TEST(test_table) {
    enum mip_option option = table[_i].option;
    ck_assert_int_eq(LENGTH_OF(table), MIP_OPTION_COUNT);
    ck_assert_str_eq(mip_option_name(option), table[_i].name);
    ck_assert_int_eq(mip_option_default(option), table[_i].initial);
    ck_assert_int_eq(mip_option_get(option), table[_i].initial);
    mip_options_init();
    ck_assert_int_eq(mip_option_get(option), table[_i].initial);
    mip_option_set(option, table[_i].maximum);
    ck_assert_int_eq(mip_option_get(option), table[_i].maximum);
    mip_option_set(option, table[_i].minimum);
    ck_assert_int_eq(mip_option_get(option), table[_i].minimum);
    mip_option_set(option, table[_i].maximum + 1);
    mip_option_set(option, table[_i].minimum - 1);
    mip_option_set(option, LONG_MIN);
    mip_option_set(option, LONG_MAX);
    ck_assert_int_eq(mip_option_get(option), table[_i].minimum);
    ck_assert_int_eq(mip_option_default(option), table[_i].initial);
}
END_TEST

START_TEST(test_no_such_option) {
    static const int numbers[] = {-1, MIP_OPTION_COUNT, INT_MAX, INT_MIN};
    mip_options_init();
    for (size_t i = 0; i < LENGTH_OF(numbers); i++) {
        enum mip_option option = (enum mip_option)numbers[i];
        mip_option_set(option, 1);
        mip_option_set_default(option, 1);
        ck_assert_int_eq(mip_option_get(option), 0);
        ck_assert_int_eq(mip_option_default(option), 0);
        ck_assert_str_eq(mip_option_name(option), "");
    }
}
END_TEST

enum { WRONG = -1 };

static const struct {
    const char *name, *text;
    long value; /* WRONG: the default stays */
} texts[] = {
    {"cache_reset", "1", 1},
    {"page_reset", "0", 0},
    {"cache_reset", "true", 1},
    {"cache_reset", "TRUE", 1},
    {"page_reset", "False", 0},
    {"cache_reset", "yes", 1},
    {"page_reset", "no", 0},
    {"cache_reset", "On", 1},
    {"page_reset", "oFF", 0},
    {"cache_reset", "", 1},
    {"page_reset", "2", WRONG},
    {"page_reset", "-1", WRONG},
    {"page_reset", "maybe", WRONG},
    {"page_reset", "o", WRONG},
    {"page_reset", "offf", WRONG},
    {"page_reset", "0 ", WRONG},
    {"page_reset", " ", WRONG},
    {"verbose", "2", 2},
    {"verbose", "yes", 1},
    {"verbose", "3", WRONG},
    {"verbose", "", WRONG},
    {"purge_delay", "0", 0},
    {"purge_delay", "+25", 25},
    {"purge_delay", "00025", 25},
    {"purge_delay", "25ms", WRONG},
    {"purge_delay", "-0", 0},
    {"purge_delay", "-", WRONG},
    {"purge_delay", "+", WRONG},
    {"purge_delay", "--1", WRONG},
    {"purge_delay", "-1", WRONG},
    {"purge_delay", "", WRONG},
    {"purge_delay", " 7", WRONG},
    {"purge_delay", "7 ", WRONG},
    {"purge_delay", "7.0", WRONG},
    {"purge_delay", "86400000", 86400000},
    {"purge_delay", "86400001", WRONG},
    {"purge_delay", "2147483648", WRONG},
    {"purge_delay", "4294967297", WRONG}, /* 1, were it cut to 32 bits */
    {"purge_delay", "9223372036854775807", WRONG},
    {"purge_delay", "9223372036854775808", WRONG},
    {"purge_delay", "-9223372036854775808", WRONG},
    {"purge_delay", "-9223372036854775809", WRONG},
    {"max_errors", "0", 0},
    {"max_errors", "268435456", 268435456},
    {"max_errors", "268435457", WRONG},
    {"large_pages", "2", 2},
    {"large_pages", "yes", 1},
    {"large_pages", "3", WRONG},
    {"populate_step", "0", 0},
    {"populate_step", "2M", 2048},
    {"populate_step", "-1K", WRONG},
    {"purge_delay", "0x10", WRONG},
    {"purge_delay", "10K", WRONG},
    {"purge_delay", "99999999999999999999999", WRONG},
    {"purge_delay", "18446744073709551616", WRONG},
    {"arena_reserve", "65536", 65536},
    {"arena_reserve", "512K", 512},
    {"arena_reserve", "512k", 512},
    {"arena_reserve", "64M", 65536},
    {"arena_reserve", "64mb", 65536},
    {"arena_reserve", "1G", 1048576},
    {"arena_reserve", "2G", PTRDIFF_MAX / 1024 < 2097152 ? WRONG : 2097152},
    {"arena_reserve", "1GiB", 1048576},
    {"arena_reserve", "1T", WRONG},
    {"arena_reserve", "1GG", WRONG},
    {"arena_reserve", "G", WRONG},
    {"arena_reserve", "63", WRONG},
    {"arena_reserve", "yes", WRONG},
    {"arena_reserve", "9223372036854775807G", WRONG},
    {"arena_reserve", "9007199254740993G", WRONG}, /* overflows to a small number */
    {"arena_reserve", "-64M", WRONG},
    {"arena_reserve", "64 M", WRONG},
    {"arena_reserve", "64MiBs", WRONG},
    {"arena_reserve", "64Kb", 64},
    {"arena_reserve", "", WRONG},
};

static enum mip_option option_of(const char *name) {
    for (size_t i = 0; i < LENGTH_OF(table); i++) {
        if (strcmp(table[i].name, name) == 0) {
            return table[i].option;
        }
    }
    ck_abort_msg("%s", name);
}

static const char *variable_of(const char *name) {
    static char variable[64];
    char *p = variable;
    snprintf(variable, sizeof(variable), "MIMALLOC_%s", name);
    for (; *p != '\0'; p++) {
        if (*p >= 'a' && *p <= 'z') {
            *p = (char)(*p - 'a' + 'A');
        }
    }
    return variable;
}

START_TEST(test_environment) {
    enum mip_option option = option_of(texts[_i].name);
    bool is_wrong = texts[_i].value == WRONG;
    char expected[200] = "";
    setenv("MIMALLOC_SHOW_ERRORS", "1", 1);
    setenv(variable_of(texts[_i].name), texts[_i].text, 1);
    mip_report_set_output(collect, NULL);
    mip_options_init();
    ck_assert_int_eq(mip_option_get(option),
                     is_wrong ? mip_option_default(option) : texts[_i].value);
    if (is_wrong) {
        snprintf(expected, sizeof(expected), "mimalloc: warning: %s: ignored value '%.32s'\n",
                 variable_of(texts[_i].name), texts[_i].text);
    }
    ck_assert_str_eq(said, expected);
}
END_TEST

START_TEST(test_wrong_values_are_silent) {
    setenv("MIMALLOC_PAGE_RESET", "what", 1);
    setenv("MIMALLOC_SHOW_ERRORS", "0", 1);
    mi_options = "nonsense=1";
    mip_report_set_output(collect, NULL);
    mip_options_init();
    ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(test_read_once) {
    mip_options_init();
    setenv("MIMALLOC_VERBOSE", "1", 1);
    mip_options_init();
    ck_assert_int_eq(mip_option_get(MIP_OPTION_VERBOSE), 0);
}
END_TEST

/* Other names of variables, each alone and against the option's own name. */
static const struct {
    const char *name, *text, *own_text; /* own_text NULL: not set */
    enum mip_option option;
    long value; /* WRONG: the default stays */
} aliases[] = {
    {"STATS", "1", NULL, MIP_OPTION_SHOW_STATS, 1},
    {"STATS", "", NULL, MIP_OPTION_SHOW_STATS, 1},
    {"STATS", "1", "0", MIP_OPTION_SHOW_STATS, 0},
    {"STATS", "0", "1", MIP_OPTION_SHOW_STATS, 1},
    {"STATS", "no", NULL, MIP_OPTION_SHOW_STATS, 0},
    {"STATS", "2", NULL, MIP_OPTION_SHOW_STATS, WRONG},
    {"RESET_DELAY", "30", NULL, MIP_OPTION_PURGE_DELAY, 30},
    {"RESET_DELAY", "30", "40", MIP_OPTION_PURGE_DELAY, 40},
    {"RESET_DELAY", "-1", NULL, MIP_OPTION_PURGE_DELAY, WRONG},
    {"ARENA_EAGER_COMMIT", "1", NULL, MIP_OPTION_POOL_COMMIT, 1},
    {"ARENA_EAGER_COMMIT", "2", NULL, MIP_OPTION_POOL_COMMIT, WRONG},
    {"ALLOW_THP", "0", NULL, MIP_OPTION_LARGE_PAGES, 0},
    {"ALLOW_THP", "1", NULL, MIP_OPTION_LARGE_PAGES, 1},
    {"ALLOW_LARGE_OS_PAGES", "0", NULL, MIP_OPTION_LARGE_PAGES, 1},
    {"ALLOW_LARGE_OS_PAGES", "1", NULL, MIP_OPTION_LARGE_PAGES, 2},
    {"ALLOW_LARGE_OS_PAGES", "yes", NULL, MIP_OPTION_LARGE_PAGES, 2},
    {"ALLOW_LARGE_OS_PAGES", "1", "0", MIP_OPTION_LARGE_PAGES, 0},
    {"ALLOW_LARGE_OS_PAGES", "2", NULL, MIP_OPTION_LARGE_PAGES, WRONG},
    {"LARGE_OS_PAGES", "1", NULL, MIP_OPTION_LARGE_PAGES, 2},
};

START_TEST(test_aliases) {
    bool is_wrong = aliases[_i].value == WRONG;
    char variable[64], expected[200] = "";
    snprintf(variable, sizeof(variable), "MIMALLOC_%s", aliases[_i].name);
    setenv(variable, aliases[_i].text, 1);
    setenv("MIMALLOC_SHOW_ERRORS", "1", 1);
    if (aliases[_i].own_text != NULL) {
        setenv(variable_of(mip_option_name(aliases[_i].option)), aliases[_i].own_text, 1);
    }
    mip_report_set_output(collect, NULL);
    mip_options_init();
    ck_assert_int_eq(mip_option_get(aliases[_i].option),
                     is_wrong ? mip_option_default(aliases[_i].option) : aliases[_i].value);
    if (is_wrong) {
        snprintf(expected, sizeof(expected), "mimalloc: warning: %s: ignored value '%s'\n",
                 variable, aliases[_i].text);
    }
    ck_assert_str_eq(said, expected);
}
END_TEST

START_TEST(test_unknown_variables) {
    static char *const nothing[] = {NULL};
    static char *const variables[] = {"MIMALLOC_NONSENSE=1",
                                      "MIMALLOC_SHOW_ERRORS=1",
                                      "MIMALLOC_purge_delay=1",
                                      "MIMALLOC_PURGE_DELAYS=1",
                                      "MIMALLOC_PURGE=1",
                                      "MIMALLOC_PURGE_DELAY=3",
                                      "MIMALLOC_PURGE_DELAY=4", /* the first one counts */
                                      "MIMALLOC_=1",
                                      "MIMALLOC_ODD",
                                      "MIMALLOCX=1",
                                      "XMIMALLOC_NONSENSE=1",
                                      "MIMALLOC_A_NAME_THAT_IS_CUT_BEHIND_32_CHARACTERS=1",
                                      NULL};
    static const char expected[] =
        "mimalloc: warning: MIMALLOC_NONSENSE: there is no such option\n"
        "mimalloc: warning: MIMALLOC_purge_delay: there is no such option\n"
        "mimalloc: warning: MIMALLOC_PURGE_DELAYS: there is no such option\n"
        "mimalloc: warning: MIMALLOC_PURGE: there is no such option\n"
        "mimalloc: warning: MIMALLOC_: there is no such option\n"
        "mimalloc: warning: MIMALLOC_ODD: there is no such option\n"
        "mimalloc: warning: MIMALLOC_A_NAME_THAT_IS_CUT_BEHIND_32_CHA: there is no such option\n";
    mip_report_set_output(collect, NULL);
    environ = (char **)(uintptr_t)variables;
    mip_options_init();
    environ = (char **)(uintptr_t)nothing;
    ck_assert_int_eq(mip_option_get(MIP_OPTION_PURGE_DELAY), 3);
    ck_assert_str_eq(said, expected);
}
END_TEST

/* An environment of many entries of ours, and one that does not exist. */
START_TEST(test_strange_environments) {
    enum { COUNT = 1000 };
    static char text[COUNT][32], *variables[COUNT + 1];
    if (_i == 0) {
        for (int i = 0; i < COUNT; i++) {
            snprintf(text[i], sizeof(text[i]), "MIMALLOC_MANY_%d=1", i);
            variables[i] = text[i];
        }
        environ = variables;
    } else {
        environ = NULL;
    }
    mip_options_init();
    ck_assert_int_eq(mip_option_get(MIP_OPTION_PURGE_DELAY), 500);
}
END_TEST

/* Before the C library has started: the same values, and silence until it has. */
START_TEST(test_read_early) {
    setenv("MIMALLOC_PURGE_DELAY", "7", 1);
    setenv("MIMALLOC_ARENA_RESERVE", "wrong", 1);
    setenv("MIMALLOC_SHOW_ERRORS", "1", 1);
    mi_options = "arena_reserve=2M,cache_reset";
    mip_option_set(MIP_OPTION_POOL_COMMIT, 1);
    mip_report_set_output(collect, NULL);
    mip_options_read_early();
    ck_assert_int_eq(mip_option_get(MIP_OPTION_PURGE_DELAY), 7);
    ck_assert_int_eq(mip_option_get(MIP_OPTION_ARENA_RESERVE), 2048);
    ck_assert_int_eq(mip_option_get(MIP_OPTION_POOL_COMMIT), 1);
    ck_assert_str_eq(said, "");
    setenv("MIMALLOC_PURGE_DELAY", "8", 1);
    mip_options_read_early(); /* once */
    ck_assert_int_eq(mip_option_get(MIP_OPTION_PURGE_DELAY), 7);
    mip_options_init();
    ck_assert_int_eq(mip_option_get(MIP_OPTION_CACHE_RESET), 1);
    ck_assert_str_eq(said, "mimalloc: warning: MIMALLOC_ARENA_RESERVE: ignored value 'wrong'\n");
    mip_option_set(MIP_OPTION_PURGE_DELAY, 9);
    mip_options_read_early();
    ck_assert_int_eq(mip_option_get(MIP_OPTION_PURGE_DELAY), 9);
}
END_TEST

/* The value of purge_delay after each source said something else, or nothing (-1). */
static const struct {
    long default_before, set_before, string, environment, default_after, set_after, value;
} ranks[] = {
    {-1, -1, -1, -1, -1, -1, 500}, {1, -1, -1, -1, -1, -1, 1}, {1, -1, 3, -1, -1, -1, 3},
    {1, -1, 3, 4, -1, -1, 4},      {1, 2, 3, 4, -1, -1, 2},    {-1, 2, -1, 4, -1, -1, 2},
    {-1, -1, -1, 4, 5, -1, 4},     {-1, -1, 3, -1, 5, -1, 3},  {-1, -1, -1, -1, 5, -1, 5},
    {1, -1, -1, -1, 5, -1, 5},     {-1, -1, -1, 4, -1, 6, 6},  {1, 2, 3, 4, 5, 6, 6},
    {-1, 2, -1, -1, 5, -1, 2},
};

START_TEST(test_ranks) {
    static char text[64], string[64];
    if (ranks[_i].default_before >= 0) {
        mip_option_set_default(MIP_OPTION_PURGE_DELAY, ranks[_i].default_before);
    }
    if (ranks[_i].set_before >= 0) {
        mip_option_set(MIP_OPTION_PURGE_DELAY, ranks[_i].set_before);
    }
    if (ranks[_i].string >= 0) {
        snprintf(string, sizeof(string), "purge_delay=%ld", ranks[_i].string);
        mi_options = string;
    }
    if (ranks[_i].environment >= 0) {
        snprintf(text, sizeof(text), "%ld", ranks[_i].environment);
        setenv("MIMALLOC_PURGE_DELAY", text, 1);
    }
    mip_options_init();
    if (ranks[_i].default_after >= 0) {
        mip_option_set_default(MIP_OPTION_PURGE_DELAY, ranks[_i].default_after);
    }
    if (ranks[_i].set_after >= 0) {
        mip_option_set(MIP_OPTION_PURGE_DELAY, ranks[_i].set_after);
    }
    ck_assert_int_eq(mip_option_get(MIP_OPTION_PURGE_DELAY), ranks[_i].value);
}
END_TEST

static const struct {
    const char *string;
    long purge_delay, cache_reset, arena_reserve;
    int wrong;
} strings[] = {
    {"", 500, 0, 1048576, 0},
    {"purge_delay=7", 7, 0, 1048576, 0},
    {"purge_delay=7,cache_reset=1,arena_reserve=2M", 7, 1, 2048, 0},
    {" purge_delay = 7 , cache_reset , ", 7, 1, 1048576, 0},
    {"PURGE_DELAY=7,,cache_reset=on,", 7, 1, 1048576, 0},
    {"purge_delay=x,cache_reset=1", 500, 1, 1048576, 1},
    {"purge_delay,cache_reset=1=1,nothing=5", 500, 0, 1048576, 3},
    {"purge_delay=7,a_name_that_is_much_too_long_for_any_option_of_ours=1,cache_reset", 7, 1,
     1048576, 1},
    {"purge_delay=0000000000000000000000000000000000000000000007,cache_reset", 500, 1, 1048576, 1},
    {"=", 500, 0, 1048576, 0},
};

START_TEST(test_string) {
    char expected[100] = "";
    mi_options = strings[_i].string;
    setenv("MIMALLOC_SHOW_ERRORS", "1", 1);
    mip_report_set_output(collect, NULL);
    mip_options_init();
    ck_assert_int_eq(mip_option_get(MIP_OPTION_PURGE_DELAY), strings[_i].purge_delay);
    ck_assert_int_eq(mip_option_get(MIP_OPTION_CACHE_RESET), strings[_i].cache_reset);
    ck_assert_int_eq(mip_option_get(MIP_OPTION_ARENA_RESERVE), strings[_i].arena_reserve);
    if (strings[_i].wrong != 0) {
        snprintf(expected, sizeof(expected), "mimalloc: warning: mi_options: entries ignored: %d\n",
                 strings[_i].wrong);
    }
    ck_assert_str_eq(said, expected);
}
END_TEST

START_TEST(test_out_of_range_is_told) {
    setenv("MIMALLOC_SHOW_ERRORS", "1", 1);
    mip_report_set_output(collect, NULL);
    mip_option_set(MIP_OPTION_VERBOSE, 8);
    ck_assert_str_eq(said, ""); /* start-up is not over */
    mip_options_init();
    mip_option_set(MIP_OPTION_VERBOSE, 9);
    mip_option_set((enum mip_option)99, 9);
    ck_assert_str_eq(said, "mimalloc: warning: option verbose: 8 is not within 0 and 2\n"
                           "mimalloc: warning: option verbose: 9 is not within 0 and 2\n"
                           "mimalloc: warning: there is no option 99\n");
}
END_TEST

START_TEST(test_report_follows) {
    mip_report_set_output(collect, NULL);
    mip_option_set(MIP_OPTION_VERBOSE, 1);
    mip_verbose("too early");
    mip_options_init();
    mip_verbose("one");
    mip_option_set(MIP_OPTION_VERBOSE, 0);
    mip_verbose("two");
    mip_option_set(MIP_OPTION_SHOW_ERRORS, 1);
    mip_option_set(MIP_OPTION_MAX_WARNINGS, 1);
    mip_warning("three");
    mip_warning("four");
    ck_assert_str_eq(said, "mimalloc: one\nmimalloc: warning: three\n");
}
END_TEST

START_TEST(test_errno_kept) {
    setenv("MIMALLOC_PAGE_RESET", "what", 1);
    setenv("MIMALLOC_VERBOSE", "1", 1);
    mip_report_set_output(collect, NULL);
    errno = EDOM;
    mip_options_init();
    mip_option_set(MIP_OPTION_VERBOSE, 77);
    ck_assert_int_eq(errno, EDOM);
    ck_assert_str_ne(said, "");
}
END_TEST

static void *init_and_set(void *arg) {
    for (int i = 0; i < 1000; i++) {
        mip_options_init();
        mip_option_set(MIP_OPTION_PURGE_DELAY, 1000 + i);
        ck_assert_int_ge(mip_option_get(MIP_OPTION_PURGE_DELAY), 1000);
        mip_option_set_default(MIP_OPTION_PURGE_DELAY, 5);
    }
    return arg;
}

/* What a program set stands, also when another thread reads the environment just then. */
START_TEST(test_threads) {
    pthread_t threads[4];
    setenv("MIMALLOC_PURGE_DELAY", "7", 1);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, init_and_set, NULL), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_int_eq(mip_option_get(MIP_OPTION_PURGE_DELAY), 1999);
}
END_TEST

/* One sets an option in the midst of another's setting one: what is shown follows the last value of
   each.  A signal handler comes between where a thread would seldom. */
enum { INTERRUPTIONS = 500, SETTINGS = 1000000 };
static _Atomic(int) a_interruptions;
static _Atomic(bool) a_stop;

static void set_in_handler(int number) {
    (void)number;
    int count = atomic_fetch_add(&a_interruptions, 1) + 1;
    mip_option_set(MIP_OPTION_SHOW_ERRORS, count % 2);
}

static void *send_signals(void *arg) {
    while (!atomic_load(&a_stop))
        pthread_kill(*(pthread_t *)arg, SIGUSR1);
    return NULL;
}

START_TEST(test_set_between) {
    struct sigaction action = {.sa_handler = set_in_handler};
    pthread_t self = pthread_self(), sender;
    sigset_t signals;
    int settings = 0;
    mip_options_init();
    mip_option_set(MIP_OPTION_MAX_ERRORS, 1 << 28);
    mip_report_set_output(collect, NULL);
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigaction(SIGUSR1, &action, NULL);
    ck_assert_int_eq(pthread_create(&sender, NULL, send_signals, &self), 0);
    while (settings < SETTINGS && atomic_load(&a_interruptions) < INTERRUPTIONS) {
        int before = atomic_load(&a_interruptions);
        while (settings < SETTINGS && atomic_load(&a_interruptions) == before)
            mip_option_set(MIP_OPTION_MAX_WARNINGS, 100 + settings++ % 7);
        pthread_sigmask(SIG_BLOCK, &signals, NULL);
        long shows = mip_option_get(MIP_OPTION_SHOW_ERRORS);
        said[0] = '\0';
        mip_error(EINVAL, "word");
        ck_assert_msg((said[0] != '\0') == (shows != 0), "show_errors=%ld, but \"%s\"", shows,
                      said);
        pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    }
    atomic_store(&a_stop, true);
    pthread_join(sender, NULL);
}
END_TEST

static TCase *values(void) {
    TCase *tests = tcase_create("values");
    tcase_add_loop_test(tests, test_table, 0, LENGTH_OF(table));
    tcase_add_test(tests, test_no_such_option);
    tcase_add_loop_test(tests, test_ranks, 0, LENGTH_OF(ranks));
    tcase_add_test(tests, test_out_of_range_is_told);
    tcase_add_test(tests, test_report_follows);
    tcase_add_test(tests, test_errno_kept);
    tcase_add_test(tests, test_threads);
    tcase_add_test(tests, test_set_between);
    return tests;
}

static TCase *texts_of_users(void) {
    TCase *tests = tcase_create("texts");
    tcase_add_loop_test(tests, test_environment, 0, LENGTH_OF(texts));
    tcase_add_test(tests, test_wrong_values_are_silent);
    tcase_add_test(tests, test_read_once);
    tcase_add_loop_test(tests, test_aliases, 0, LENGTH_OF(aliases));
    tcase_add_test(tests, test_unknown_variables);
    tcase_add_loop_test(tests, test_strange_environments, 0, 2);
    tcase_add_test(tests, test_read_early);
    tcase_add_loop_test(tests, test_string, 0, LENGTH_OF(strings));
    return tests;
}

int main(void) {
    TCase *(*const cases[])(void) = {values, texts_of_users};
    /* What the caller's environment says about us must not count here. */
    for (char **entry = environ; *entry != NULL;) {
        char name[256];
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(*entry, "="), *entry);
        if (strncmp(name, "MIMALLOC_", 9) == 0 && unsetenv(name) == 0) {
            entry = environ;
        } else {
            entry++;
        }
    }
    return run_suite("options", cases, LENGTH_OF(cases));
}
