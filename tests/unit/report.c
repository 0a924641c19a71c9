/* SPDX-License-Identifier: MIT */
/* Messages: what is shown when, where it goes, and that functions which cause messages themselves
   do no harm. */
#include "base/report.h"
#include "unit.h"
#include "variant.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char stderr_text[4096];
static int saved_stderr, captured;

static void capture_stderr(void) {
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    captured = dup(fileno(file));
    saved_stderr = dup(STDERR_FILENO);
    ck_assert_int_ge(dup2(captured, STDERR_FILENO), 0);
    fclose(file);
}

static const char *captured_stderr(void) {
    ssize_t length;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    length = pread(captured, stderr_text, sizeof(stderr_text) - 1, 0);
    ck_assert_int_ge(length, 0);
    stderr_text[length] = '\0';
    close(captured);
    return stderr_text;
}

static char collected[4096];
static int collected_pieces;

static void collect(const char *text, void *arg) {
    ck_assert_ptr_eq(arg, collected);
    collected_pieces++;
    strcat(collected, text);
    errno = ERANGE;
}

static void say_all(void) {
    mip_verbose("a %s", "verbose line");
    mip_warning("a warning of %d", 1);
    mip_error(EINVAL, "an error\n");
}

static const struct {
    bool verbose, errors;
    const char *text;
} settings[] = {
    {false, false, ""},
    {false, true, "mimalloc: warning: a warning of 1\nmimalloc: error: an error\n"},
    {true, false,
     "mimalloc: a verbose line\nmimalloc: warning: a warning of 1\nmimalloc: error: an error\n"},
    {true, true,
     "mimalloc: a verbose line\nmimalloc: warning: a warning of 1\nmimalloc: error: an error\n"},
};

START_TEST(test_silent_before_configure) {
    size_t before = mip_error_count();
    capture_stderr();
    say_all();
    ck_assert_str_eq(captured_stderr(), "");
    ck_assert_uint_eq(mip_error_count(), before + 1);
}
END_TEST

/* What was said before waits, and is shown or dropped as the options turn out. */
START_TEST(test_early_messages) {
    capture_stderr();
    say_all();
    mip_report_configure(settings[_i].verbose, settings[_i].errors, 16, 16);
    mip_report_configure(settings[_i].verbose, settings[_i].errors, 16, 16); /* not again */
    ck_assert_str_eq(captured_stderr(),
                     settings[_i].verbose || settings[_i].errors
                         ? "mimalloc: warning: a warning of 1\nmimalloc: error: an error\n"
                         : "");
}
END_TEST

START_TEST(test_early_messages_are_bounded) {
    const char *text, *p;
    int lines = 0;
    capture_stderr();
    mip_warning("%.2000s", "");
    for (int i = 0; i < 1000; i++) {
        mip_warning("number %d", i);
    }
    mip_report_configure(false, true, 16, 16);
    text = captured_stderr();
    p = strchr(text, '\n') + 1;
    for (char expected[64]; *p != '\0'; lines++, p += strlen(expected)) {
        snprintf(expected, sizeof(expected), "mimalloc: warning: number %d\n", lines);
        ck_assert_int_eq(strncmp(p, expected, strlen(expected)), 0);
    }
    ck_assert_int_gt(lines, 10);
    ck_assert_uint_lt(strlen(text), 1024);
}
END_TEST

START_TEST(test_settings) {
    mip_report_configure(settings[_i].verbose, settings[_i].errors, 16, 16);
    capture_stderr();
    say_all();
    ck_assert_str_eq(captured_stderr(), settings[_i].text);
}
END_TEST

START_TEST(test_limits) {
    mip_report_configure(false, true, 2, 3);
    capture_stderr();
    for (int i = 0; i < 10; i++) {
        mip_warning("w%d", i);
        mip_error(ENOMEM, "e%d", i);
    }
    ck_assert_str_eq(captured_stderr(),
                     "mimalloc: warning: w0\nmimalloc: error: e0\nmimalloc: warning: w1\n"
                     "mimalloc: error: e1\nmimalloc: warning: w2\n");
    ck_assert_uint_eq(mip_error_count(), 10);
}
END_TEST

START_TEST(test_output) {
    mip_report_configure(true, true, 16, 16);
    capture_stderr();
    mip_report_set_output(collect, collected);
    say_all();
    mip_print(NULL, NULL, "%s", "printed");
    ck_assert_str_eq(collected, "mimalloc: a verbose line\nmimalloc: warning: a warning of 1\n"
                                "mimalloc: error: an error\nprinted");
    ck_assert_int_eq(collected_pieces, 4);
    mip_report_set_output(NULL, NULL);
    mip_print(NULL, NULL, "to stderr");
    ck_assert_str_eq(captured_stderr(), "to stderr");
}
END_TEST

START_TEST(test_print_to) {
    char text[1001];
    memset(text, 'x', 1000);
    text[1000] = '\0';
    capture_stderr();
    mip_print(collect, collected, "[%s]", text);
    ck_assert_str_eq(captured_stderr(), "");
    ck_assert_uint_eq(strlen(collected), 1002);
    ck_assert_int_eq(collected_pieces, 2);
}
END_TEST

START_TEST(test_errno_kept) {
    mip_report_configure(true, true, 16, 16);
    mip_report_set_output(collect, collected);
    errno = EDOM;
    say_all();
    ck_assert_int_eq(errno, EDOM);
    mip_print(NULL, NULL, "x");
    mip_print(collect, collected, "x");
    ck_assert_int_eq(errno, EDOM);
}
END_TEST

static int handled_error, handler_calls;

static void handle(int error, void *arg) {
    ck_assert_ptr_eq(arg, &handler_calls);
    handled_error = error;
    handler_calls++;
    mip_error(EPERM, "nested error"); /* must not come here again */
}

START_TEST(test_error_handler) {
    capture_stderr();
    mip_report_set_error(handle, &handler_calls);
    mip_error(EOVERFLOW, "x"); /* silent, yet told to the handler */
    ck_assert_int_eq(handler_calls, 1);
    ck_assert_int_eq(handled_error, EOVERFLOW);
    ck_assert_uint_eq(mip_error_count(), 2);
    mip_report_set_error(NULL, NULL);
    mip_error(EINVAL, "x");
    ck_assert_int_eq(handler_calls, 1);
    ck_assert_str_eq(captured_stderr(), "");
}
END_TEST

static int nested_calls;

static void output_that_warns(const char *text, void *arg) {
    (void)text;
    (void)arg;
    nested_calls++;
    mip_warning("from inside");
    mip_print(NULL, NULL, "printed inside\n");
}

START_TEST(test_output_that_warns) {
    mip_report_configure(false, true, 16, 16);
    mip_report_set_output(output_that_warns, NULL);
    capture_stderr();
    mip_warning("outer");
    mip_warning("outer");
    ck_assert_str_eq(captured_stderr(), "mimalloc: warning: from inside\nprinted inside\n"
                                        "mimalloc: warning: from inside\nprinted inside\n");
    ck_assert_int_eq(nested_calls, 2);
}
END_TEST

/* Functions that do not return.  Their threads' places must not be lost for good. */
enum { ENDS = 20 }; /* more than there are places */
static _Atomic(int) ended_threads;

static void exit_thread(const char *text, void *arg) {
    (void)text;
    (void)arg;
    ended_threads++;
    pthread_exit(NULL);
}

static void *warn_once(void *start) {
    if (start != NULL) {
        pthread_barrier_wait(start);
    }
    mip_warning("x");
    return NULL;
}

/* What finds no place goes to stderr, until a place has been held for a second. */
static void wait_until_heard(void) {
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    mip_report_set_output(collect, collected);
    for (int i = 0; collected_pieces == 0; i++) {
        ck_assert_int_lt(i, 2000);
        mip_print(NULL, NULL, "heard");
        nanosleep(&pause, NULL);
    }
    ck_assert_str_eq(collected, "heard");
    mip_print(NULL, NULL, " again");
    ck_assert_str_eq(collected, "heard again");
}

START_TEST(test_output_that_ends_its_thread) {
    pthread_t thread;
    mip_report_configure(false, true, 100, 100);
    mip_report_set_output(exit_thread, NULL);
    capture_stderr();
    for (int i = 0; i < ENDS; i++) {
        ck_assert_int_eq(pthread_create(&thread, NULL, warn_once, NULL), 0);
        pthread_join(thread, NULL);
    }
    ck_assert_int_gt(ended_threads, 0);
    wait_until_heard();
    (void)captured_stderr();
}
END_TEST

/* At once, so that no two are on the same stack. */
START_TEST(test_output_that_ends_many_threads) {
    pthread_t threads[ENDS];
    pthread_barrier_t start;
    mip_report_configure(false, true, 100, 100);
    mip_report_set_output(exit_thread, NULL);
    capture_stderr();
    ck_assert_int_eq(pthread_barrier_init(&start, NULL, ENDS), 0);
    for (int i = 0; i < ENDS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, warn_once, &start), 0);
    }
    for (int i = 0; i < ENDS; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_int_gt(ended_threads, 0);
    wait_until_heard();
    (void)captured_stderr();
}
END_TEST

static jmp_buf way_out;
static int jumps;

static void jump(const char *text, void *arg) {
    (void)text;
    (void)arg;
    jumps++;
    mip_print(NULL, NULL, "not again\n");
    longjmp(way_out, 1);
}

/* The thread goes on, and is heard the next time. */
START_TEST(test_output_that_jumps_out) {
    mip_report_configure(false, true, 100, 100);
    mip_report_set_output(jump, NULL);
    capture_stderr();
    for (volatile int i = 0; i < 2; i++) {
        if (setjmp(way_out) == 0) {
            mip_warning("x");
        }
    }
    ck_assert_int_eq(jumps, 2);
    ck_assert_str_eq(captured_stderr(), "not again\nnot again\n");
}
END_TEST

/* Function and argument change together, while others speak. */
static _Atomic(bool) stop;
static _Atomic(int) heard[2];

static void first_output(const char *text, void *arg) {
    (void)text;
    ck_assert_ptr_eq(arg, &heard[0]);
    heard[0]++;
}

static void second_output(const char *text, void *arg) {
    (void)text;
    ck_assert_ptr_eq(arg, &heard[1]);
    heard[1]++;
}

static void *speak(void *arg) {
    while (!stop) {
        mip_print(NULL, NULL, "x");
    }
    return arg;
}

START_TEST(test_output_changes) {
    pthread_t threads[3];
    mip_report_set_output(first_output, &heard[0]);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, speak, NULL), 0);
    }
    while (heard[0] < 1000 || heard[1] < 1000) {
        mip_report_set_output(second_output, &heard[1]);
        mip_report_set_output(first_output, &heard[0]);
    }
    stop = true;
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
}
END_TEST

/* What it says before it aborts, whatever is set. */
static const char *fatal_text(void (*die)(void)) {
    int status;
    pid_t child;
    capture_stderr();
    child = fork();
    if (child == 0) {
        die();
        _exit(0);
    }
    ck_assert_int_gt(child, 0);
    waitpid(child, &status, 0);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGABRT);
    captured_stderr();
    char *emulator = strstr(stderr_text, "qemu: "); /* its last words come after ours */
    if (is_emulated() && emulator != NULL) {
        *emulator = '\0';
    }
    return stderr_text;
}

static void die_by_fatal(void) {
    mip_report_set_output(collect, collected);
    mip_fatal("the end of %s", "it");
}

static void die_by_assertion(void) {
    mip_assert_failed("1 == 2", "file.c", 42);
}

START_TEST(test_fatal) {
    ck_assert_str_eq(fatal_text(die_by_fatal), "mimalloc: fatal: the end of it\n");
    ck_assert_str_eq(fatal_text(die_by_assertion),
                     "mimalloc: fatal: file.c:42: assertion failed: 1 == 2\n");
    MIP_ASSERT(1 == 1);
}
END_TEST

static TCase *messages(void) {
    TCase *tests = tcase_create("messages");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_silent_before_configure);
    tcase_add_loop_test(tests, test_early_messages, 0, LENGTH_OF(settings));
    tcase_add_test(tests, test_early_messages_are_bounded);
    tcase_add_loop_test(tests, test_settings, 0, LENGTH_OF(settings));
    tcase_add_test(tests, test_limits);
    tcase_add_test(tests, test_output);
    tcase_add_test(tests, test_print_to);
    tcase_add_test(tests, test_errno_kept);
    tcase_add_test(tests, test_error_handler);
    tcase_add_test(tests, test_output_that_warns);
    tcase_add_test(tests, test_output_that_ends_its_thread);
    tcase_add_test(tests, test_output_that_ends_many_threads);
    tcase_add_test(tests, test_output_that_jumps_out);
    tcase_add_test(tests, test_output_changes);
    tcase_add_test(tests, test_fatal);
    return tests;
}

int main(void) {
    TCase *(*const cases[])(void) = {messages};
    return run_suite("report", cases, LENGTH_OF(cases));
}
