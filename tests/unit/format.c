/* SPDX-License-Identifier: MIT */
/* The formatter against that of the C library. */
#include "base/format.h"
#include "unit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static char expected[300], got[300];

/* Both print it; the text, the length and what happens in short buffers must agree. */
#define COMPARE(...)                                                                               \
    do {                                                                                           \
        int length = snprintf(expected, sizeof(expected), __VA_ARGS__);                            \
        ck_assert_int_eq((int)mip_format(got, sizeof(got), __VA_ARGS__), length);                  \
        ck_assert_str_eq(got, expected);                                                           \
        for (size_t size = 1; size < 20; size++) {                                                 \
            memset(got, '#', sizeof(got));                                                         \
            snprintf(expected, size, __VA_ARGS__);                                                 \
            ck_assert_int_eq((int)mip_format(got, size, __VA_ARGS__), length);                     \
            ck_assert_str_eq(got, expected);                                                       \
            ck_assert_int_eq(got[size], '#');                                                      \
        }                                                                                          \
        ck_assert_int_eq((int)mip_format(NULL, 0, __VA_ARGS__), length);                           \
    } while (0)

static const long long numbers[] = {0,        1,        -1,        7,         10,      99,
                                    100,      -4096,    65535,     INT_MAX,   INT_MIN, UINT_MAX,
                                    LONG_MAX, LONG_MIN, LLONG_MAX, LLONG_MIN, 1000000};
static const int widths[] = {0, 1, 5, -5, 12, -12, 25};

START_TEST(test_numbers) {
    long long n = numbers[_i];
    COMPARE("%d|%i|%u|%x", (int)n, (int)n, (unsigned)n, (unsigned)n);
    COMPARE("%ld|%li|%lu|%lx", (long)n, (long)n, (unsigned long)n, (unsigned long)n);
    COMPARE("%lld|%lli|%llu|%llx", n, n, (unsigned long long)n, (unsigned long long)n);
    COMPARE("%zu|%zx", (size_t)n, (size_t)n);
    COMPARE("%5d|%-5d|%05d|%12ld|%-12ld|%012ld", (int)n, (int)n, (int)n, (long)n, (long)n, (long)n);
    COMPARE("%8x|%-8x|%08x|%20llu|%-20llu|%020llu", (unsigned)n, (unsigned)n, (unsigned)n,
            (unsigned long long)n, (unsigned long long)n, (unsigned long long)n);
    for (size_t i = 0; i < LENGTH_OF(widths); i++) {
        COMPARE("[%*d]", widths[i], (int)n);
        COMPARE("[%-*lld]", widths[i], n);
        COMPARE("[%0*zu]", widths[i], (size_t)n);
    }
}
END_TEST

static const char *const strings[] = {"", "a", "hello", "a rather long string of text"};

START_TEST(test_strings) {
    const char *s = strings[_i];
    COMPARE("%s", s);
    COMPARE("[%10s] [%-10s] [%1s]", s, s, s);
    COMPARE("[%.3s] [%.0s] [%10.3s] [%-10.3s]", s, s, s, s);
    for (size_t i = 0; i < LENGTH_OF(widths); i++) {
        COMPARE("[%*s]", widths[i], s);
        COMPARE("[%.*s]", widths[i], s);
        COMPARE("[%*.*s]", widths[i], 4, s);
    }
}
END_TEST

START_TEST(test_others) {
    const char unended[3] = {'a', 'b', 'c'};
    COMPARE("%c%c|%3c|%-3c|", 'x', 'y', 'z', 'w');
    COMPARE("100%%");
    COMPARE("no conversion");
    COMPARE("%s", "");
    COMPARE("%p %p", (void *)&numbers, (void *)1);
    COMPARE("%20p|%-20p|", (void *)&numbers, (void *)&numbers);
    COMPARE("%p", (void *)NULL);
    COMPARE("%.3s", unended);
}
END_TEST

static size_t format_unchecked(const char *format, ...) {
    va_list args;
    size_t length;
    va_start(args, format);
    length = mip_vformat(got, sizeof(got), format, args);
    va_end(args);
    return length;
}

START_TEST(test_mistakes) {
    ck_assert_uint_eq(format_unchecked("%s", (char *)NULL), 6);
    ck_assert_str_eq(got, "(null)");
    ck_assert_uint_eq(format_unchecked("ends in %"), 8);
    ck_assert_str_eq(got, "ends in ");
    ck_assert_uint_eq(format_unchecked("%-08l"), 0);
    ck_assert_uint_eq(format_unchecked("%y%d", 5), 2);
    ck_assert_str_eq(got, "y5");
}
END_TEST

static char collected[300];
static int pieces;

static void collect(const char *text, void *arg) {
    ck_assert_ptr_eq(arg, &pieces);
    ck_assert_uint_lt(strlen(text), 16);
    ck_assert_uint_gt(strlen(text), 0);
    strcat(collected, text);
    pieces++;
}

static void put_format(struct mip_text *text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    mip_text_put_format(text, format, args);
    va_end(args);
}

START_TEST(test_pieces) {
    char buffer[16];
    struct mip_text text = {
        .buffer = buffer, .size = sizeof(buffer), .output = collect, .arg = &pieces};
    collected[0] = '\0';
    mip_text_put(&text, "prefix: ");
    put_format(&text, "%s and %040d", "a string", 42);
    mip_text_put(&text, ".\n");
    mip_text_flush(&text);
    mip_text_flush(&text);
    snprintf(expected, sizeof(expected), "prefix: a string and %040d.\n", 42);
    ck_assert_str_eq(collected, expected);
    ck_assert_uint_eq(text.length, strlen(expected));
    ck_assert_uint_eq((size_t)pieces, (strlen(expected) + 14) / 15);
}
END_TEST

static TCase *formatter(void) {
    TCase *tests = tcase_create("formatter");
    tcase_add_loop_test(tests, test_numbers, 0, LENGTH_OF(numbers));
    tcase_add_loop_test(tests, test_strings, 0, LENGTH_OF(strings));
    tcase_add_test(tests, test_others);
    tcase_add_test(tests, test_mistakes);
    tcase_add_test(tests, test_pieces);
    return tests;
}

int main(void) {
    TCase *(*const cases[])(void) = {formatter};
    return run_suite("format", cases, LENGTH_OF(cases));
}
