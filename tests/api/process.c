/* SPDX-License-Identifier: MIT */
/* Chapters "process" and "statistics"; what happens at start and exit is in environment.sh. */
#include "support.h"

#include <sys/resource.h>

static char text[65536];

static void collect_text(const char *msg, void *arg) {
    ck_assert_ptr_eq(arg, text);
    strncat(text, msg, sizeof(text) - strlen(text) - 1);
}

static bool has(const char *what) {
    return strstr(text, what) != NULL;
}

/* The lines that every build prints. */
static void check_table(void) {
    static const char *const lines[] = {
        "heap stats:", "normal:",        "huge:",       "total:",  "committed:", "reserved:",
        "reset:",      "segments:",      "-abandoned:", "pages:",  "mmaps:",     "threads:",
        "elapsed:",    "process: user:", "system:",     "faults:", "rss:"};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        ck_assert_msg(has(lines[i]), "no \"%s\" in\n%s", lines[i], text);
    }
    ck_assert_int_eq(text[strlen(text) - 1], '\n');
}

START_TEST(stats_to_function) {
    void *p = mi_malloc(100), *q = mi_malloc(20 * MIB);
    mi_stats_print_out(collect_text, text);
    check_table();
    ck_assert_msg(has("20."), "20 MiB in\n%s", text); /* in one huge block, with what it needs */
    mi_free(p);
    mi_free(q);
}
END_TEST

START_TEST(thread_stats_to_function) {
    void *p = mi_malloc(100);
    mi_thread_stats_print_out(collect_text, text);
    ck_assert(has("this thread"));
    check_table();
    mi_free(p);
}
END_TEST

static void read_back(FILE *file) {
    rewind(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
}

START_TEST(stats_to_file) {
    FILE *file = tmpfile();
    fputs("before\n", file);
    mi_stats_print(file);
    read_back(file);
    ck_assert_int_eq(strncmp(text, "before\n", 7), 0);
    check_table();
}
END_TEST

START_TEST(thread_stats_to_file) {
    FILE *file = tmpfile();
    mi_thread_stats_print(file);
    read_back(file);
    check_table();
}
END_TEST

START_TEST(registered_output) {
    mi_register_output(collect_text, text);
    mi_stats_print(NULL);
    check_table();
    text[0] = '\0';
    mi_thread_stats_print(NULL);
    check_table();
    text[0] = '\0';
    mi_stats_print_v2(stderr); /* ignored */
    check_table();
    text[0] = '\0';
    mi_process_info_print();
    ck_assert(has("user:") && has("elapsed:") && !has("normal:"));
    text[0] = '\0';
    mi_register_output(NULL, NULL);
    ck_assert_uint_eq(strlen(text), 0);
}
END_TEST

static size_t committed(void) {
    size_t current;
    mi_process_info(NULL, NULL, NULL, NULL, NULL, &current, NULL, NULL);
    return current;
}

START_TEST(process_info) {
    enum { ABSENT = 0x7777 };
    size_t elapsed = ABSENT, user = ABSENT, system = ABSENT, rss = ABSENT, peak_rss = ABSENT;
    size_t commit = ABSENT, peak_commit = ABSENT, faults = ABSENT;
    void *p = mi_zalloc(30 * MIB);
    memset(p, 1, 30 * MIB);
    mi_process_info(&elapsed, &user, &system, &rss, &peak_rss, &commit, &peak_commit, &faults);
    ck_assert_uint_lt(elapsed, 120 * 1000);
    ck_assert_uint_lt(user, 120 * 1000);
    ck_assert_uint_lt(system, 120 * 1000);
    ck_assert_uint_ge(rss, 30 * MIB);
    ck_assert_uint_ge(peak_rss, 30 * MIB);
    ck_assert_uint_ge(commit, 30 * MIB);
    ck_assert_uint_ge(peak_commit, commit);
    ck_assert_uint_ne(faults, ABSENT);
    mi_free(p);
    mi_collect(true);
    ck_assert_uint_le(committed(), commit);
    mi_process_info(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
}
END_TEST

/* What cannot be read is told less well, and errno stays. */
START_TEST(process_info_without_proc) {
    struct rlimit limit, none;
    size_t rss = 0;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    errno = ERRNO_UNTOUCHED;
    mi_process_info(NULL, NULL, NULL, &rss, NULL, NULL, NULL, NULL);
    mi_stats_print_out(collect_text, text);
    int error = errno;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(error, ERRNO_UNTOUCHED);
    ck_assert_uint_gt(rss, 0);
}
END_TEST

START_TEST(reset_and_merge) {
    size_t peak_before, peak_after;
    mi_free(mi_zalloc(40 * MIB));
    mi_collect(true);
    mi_process_info(NULL, NULL, NULL, NULL, NULL, NULL, &peak_before, NULL);
    mi_stats_reset();
    mi_stats_merge();
    mi_process_info(NULL, NULL, NULL, NULL, NULL, NULL, &peak_after, NULL);
    ck_assert_uint_le(peak_after, peak_before);
    mi_stats_print_out(collect_text, text);
    check_table();
}
END_TEST

static int errors_told;

static void note_error(int err, void *arg) {
    ck_assert_ptr_eq(arg, &errors_told);
    errors_told = err;
}

/* Memory that is not ours, given to realloc: refused and told. */
START_TEST(registered_error) {
    static char foreign[64];
    if (mi_is_redirected()) {
        return; /* there it goes to the next realloc */
    }
    mi_register_error(note_error, &errors_told);
    ck_assert_fails(mi_realloc(foreign + (uintptr_t)foreign % 2, 100), EINVAL);
    ck_assert_int_ne(errors_told, 0);
    errors_told = 0;
    mi_register_error(NULL, NULL);
    ck_assert_fails(mi_realloc(foreign + (uintptr_t)foreign % 2, 100), EINVAL);
    ck_assert_int_eq(errors_told, 0);
}
END_TEST

START_TEST(init_and_done_may_be_repeated) {
    mi_process_init();
    mi_process_init();
    mi_thread_set_in_threadpool();
    void *p = mi_malloc(100);
    fill(p, 100, 1);
    mi_process_done();
    mi_process_done();
    ck_assert(is_filled(p, 100, 1));
    mi_free(p);
    mi_free(mi_malloc(100000));
}
END_TEST

START_TEST(collect_reduce) {
    void *p = mi_malloc(100);
    fill(p, 100, 1);
    mi_collect_reduce(0);
    mi_collect_reduce(SIZE_MAX);
    ck_assert(is_filled(p, 100, 1));
    mi_free(p);
}
END_TEST

START_TEST(redirected) {
    void *p = malloc(100);
    ck_assert_int_eq(mi_is_redirected(), mi_is_in_heap_region(p));
    free(p);
}
END_TEST

RUN_SUITE("process", stats_to_function, thread_stats_to_function, stats_to_file,
          thread_stats_to_file, registered_output, process_info, process_info_without_proc,
          reset_and_merge, registered_error, init_and_done_may_be_repeated, collect_reduce,
          redirected)
