/* SPDX-License-Identifier: MIT */
/* What the suites of the chapters share. */
#ifndef TESTS_API_SUPPORT_H
#define TESTS_API_SUPPORT_H

#include "../../lib/compiler.h"

#include <mimalloc.h>

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Is the kernel ever asked to take memory back? */
#if HAVE_DECL_MADV_DONTNEED && defined(__linux__)
enum { CAN_GIVE_BACK = 1 };
#else
enum { CAN_GIVE_BACK = 0 };
#endif

#define KIB ((size_t)1024)
#define MIB (KIB * KIB)
#define UNUSED __attribute__((unused))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A function that visits blocks; what it has no use for is no error. */
#define VISITOR(name)                                                                              \
    static bool name(UNUSED const mi_heap_t *heap, UNUSED const mi_heap_area_t *area,              \
                     UNUSED void *block, UNUSED size_t block_size, UNUSED void *arg)

/* The block without what the compiler knows of its size: all that is usable may be used, and
   _FORTIFY_SOURCE allows only what was asked for. */
static UNUSED void *whole(void *p) {
    void *volatile block = p;
    return block;
}

/* Sizes around every border that an allocator may have. */
static const size_t sizes[] UNUSED = {0,
                                      1,
                                      2,
                                      7,
                                      8,
                                      9,
                                      15,
                                      16,
                                      17,
                                      24,
                                      31,
                                      32,
                                      33,
                                      48,
                                      63,
                                      64,
                                      65,
                                      100,
                                      127,
                                      128,
                                      129,
                                      255,
                                      256,
                                      257,
                                      511,
                                      512,
                                      513,
                                      1000,
                                      1023,
                                      1024,
                                      1025,
                                      2047,
                                      2048,
                                      2049,
                                      4095,
                                      4096,
                                      4097,
                                      8191,
                                      8192,
                                      8193,
                                      16 * KIB,
                                      20000,
                                      32 * KIB - 1,
                                      32 * KIB,
                                      32 * KIB + 1,
                                      64 * KIB - 1,
                                      64 * KIB,
                                      64 * KIB + 1,
                                      100000,
                                      128 * KIB,
                                      128 * KIB + 1,
                                      256 * KIB,
                                      512 * KIB - 1,
                                      512 * KIB,
                                      512 * KIB + 1,
                                      MIB - 1,
                                      MIB,
                                      MIB + 1,
                                      2 * MIB,
                                      3 * MIB + 5,
                                      4 * MIB,
                                      4 * MIB + 1,
                                      8 * MIB,
                                      16 * MIB + 1};

/* Sizes that no allocation can have.  Up to PTRDIFF_MAX it is the addresses that are too few, which
   32 bits may well have. */
static const size_t excessive_sizes[] UNUSED = {
#if SIZE_MAX > 0xffffffff
    (size_t)PTRDIFF_MAX,
    (size_t)PTRDIFF_MAX - 1,
    (size_t)PTRDIFF_MAX - 15,
    (size_t)PTRDIFF_MAX - 4096,
    (size_t)1 << 50,
#endif
    (size_t)PTRDIFF_MAX + 1,
    (size_t)PTRDIFF_MAX + 4096,
    SIZE_MAX,
    SIZE_MAX - 1,
    SIZE_MAX - 7,
    SIZE_MAX - 15,
    SIZE_MAX - 16,
    SIZE_MAX - 4095,
    SIZE_MAX - 4096,
    SIZE_MAX - 65535,
    SIZE_MAX - 65536,
    SIZE_MAX / 2 + 2,
    SIZE_MAX / 4 * 3};

#define HALF_BITS (sizeof(size_t) * 4)

/* Counts and sizes whose product does not fit. */
static const struct {
    size_t count, size;
} overflows[] UNUSED = {{SIZE_MAX, 2},
                        {2, SIZE_MAX},
                        {SIZE_MAX, SIZE_MAX},
                        {SIZE_MAX / 2 + 1, 2},
                        {2, SIZE_MAX / 2 + 1},
                        {SIZE_MAX / 3 + 1, 3},
                        {SIZE_MAX / 16 + 1, 16},
                        {(size_t)2 << HALF_BITS, (size_t)2 << HALF_BITS},
                        {(size_t)1 << HALF_BITS, (size_t)1 << HALF_BITS},
                        {((size_t)1 << HALF_BITS) + 1, ((size_t)1 << HALF_BITS) - 1 + 2}};

static inline unsigned char pattern_at(size_t i, unsigned seed) {
    return (unsigned char)(i * 131 + i / 251 + seed * 7 + 1);
}

static inline void fill(void *p, size_t size, unsigned seed) {
    unsigned char *bytes = p;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = pattern_at(i, seed);
    }
}

static inline bool is_filled(const void *p, size_t size, unsigned seed) {
    const unsigned char *bytes = p;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != pattern_at(i, seed)) {
            return false;
        }
    }
    return true;
}

static inline bool is_zero(const void *p, size_t size) {
    const unsigned char *bytes = p;
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static inline bool is_aligned(const void *p, size_t alignment) {
    return (uintptr_t)p % alignment == 0;
}

/* An errno value that nothing sets. */
enum { ERRNO_UNTOUCHED = 4711 };

/* Evaluates a failing call once: NULL and this error. */
#define ck_assert_fails(call, error)                                                               \
    do {                                                                                           \
        errno = ERRNO_UNTOUCHED;                                                                   \
        const void *result_of_call = (call);                                                       \
        int errno_of_call = errno;                                                                 \
        ck_assert_msg(result_of_call == NULL, "%s is not NULL", #call);                            \
        ck_assert_msg(errno_of_call == (error), "%s: errno %d, not " #error, #call,                \
                      errno_of_call);                                                              \
    } while (0)

/* A size too large, which the compiler does not know to be so. */
static volatile size_t too_large UNUSED = SIZE_MAX;

/* One suite; the tests are named one after the other. */
static inline int run_tests(const char *name, const TTest *const *tests, size_t count) {
    Suite *suite = suite_create(name);
    TCase *one = tcase_create(name);
    SRunner *runner;
    int failed;
    tcase_set_timeout(one, 120);
    for (size_t i = 0; i < count; i++) {
        tcase_add_test(one, tests[i]);
    }
    suite_add_tcase(suite, one);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define RUN_SUITE(name, ...)                                                                       \
    int main(void) {                                                                               \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        return run_tests(name, tests, COUNT_OF(tests));                                            \
    }

#endif
