/* SPDX-License-Identifier: MIT */
/* Chapter "POSIX and libc". */
#include "support.h"

#include <unistd.h>

static size_t page_size(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

START_TEST(posix_memalign_aligns) {
    for (size_t alignment = sizeof(void *); alignment <= (size_t)1 << 30; alignment *= 2) {
        for (size_t size = 0; size < 3000; size = size * 3 + 1) {
            void *p = NULL;
            errno = ERRNO_UNTOUCHED;
            ck_assert_int_eq(mi_posix_memalign(&p, alignment, size), 0);
            ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
            ck_assert_ptr_nonnull(p);
            ck_assert(is_aligned(p, alignment));
            memset(p, 1, size);
            mi_free(p);
        }
    }
}
END_TEST

START_TEST(posix_memalign_fails) {
    static const size_t wrong[] = {0,  1,  2,  3,        sizeof(void *) / 2, 7,
                                   12, 15, 24, SIZE_MAX, SIZE_MAX - 7};
    int marker;
    void *p = &marker;
    errno = ERRNO_UNTOUCHED;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        ck_assert_int_eq(mi_posix_memalign(&p, wrong[i], 10), EINVAL);
    }
    ck_assert_int_eq(mi_posix_memalign(NULL, 64, 10), EINVAL);
    /* A good alignment, but more than there is. */
    ck_assert_int_eq(mi_posix_memalign(&p, SIZE_MAX / 2 + 1, 10), ENOMEM);
    for (size_t i = 0; i < COUNT_OF(excessive_sizes); i++) {
        ck_assert_int_eq(mi_posix_memalign(&p, 64, excessive_sizes[i]), ENOMEM);
    }
    ck_assert_ptr_eq(p, &marker);
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
}
END_TEST

static const struct {
    const char *name;
    void *(*allocate)(size_t alignment, size_t size);
} aligned_functions[] = {{"memalign", mi_memalign}, {"aligned_alloc", mi_aligned_alloc}};

START_TEST(memalign_and_aligned_alloc) {
    static const size_t wrong[] = {0, 3, 24, 65, 4095, SIZE_MAX, SIZE_MAX / 2 + 1};
    for (size_t f = 0; f < COUNT_OF(aligned_functions); f++) {
        for (size_t alignment = 1; alignment <= MIB; alignment *= 2) {
            for (size_t size = 0; size < 3000; size = size * 3 + 1) {
                void *p = aligned_functions[f].allocate(alignment, size);
                ck_assert_ptr_nonnull(p);
                ck_assert(is_aligned(p, alignment));
                memset(p, 1, size);
                mi_free(p);
            }
        }
        for (size_t i = 0; i < COUNT_OF(wrong); i++) {
            ck_assert_fails(aligned_functions[f].allocate(wrong[i], 10), EINVAL);
        }
        for (size_t i = 0; i < COUNT_OF(excessive_sizes); i++) {
            ck_assert_fails(aligned_functions[f].allocate(64, excessive_sizes[i]), ENOMEM);
        }
    }
}
END_TEST

START_TEST(valloc_and_pvalloc) {
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        void *p = mi_valloc(sizes[i]), *q = mi_pvalloc(sizes[i]);
        size_t whole = (sizes[i] + page_size() - 1) / page_size() * page_size();
        ck_assert(p != NULL && q != NULL && p != q);
        ck_assert(is_aligned(p, page_size()));
        ck_assert(is_aligned(q, page_size()));
        ck_assert_uint_ge(mi_usable_size(q), whole == 0 ? page_size() : whole);
        memset(q, 1, whole);
        mi_free(p);
        mi_free(q);
    }
    for (size_t i = 0; i < COUNT_OF(excessive_sizes); i++) {
        ck_assert_fails(mi_valloc(excessive_sizes[i]), ENOMEM);
        ck_assert_fails(mi_pvalloc(excessive_sizes[i]), ENOMEM);
    }
}
END_TEST

START_TEST(array_reallocation) {
    char *p = mi_reallocarray(NULL, 10, 10);
    fill(p, 100, 1);
    p = mi_reallocarray(p, 100, 100);
    ck_assert(is_filled(p, 100, 1));
    for (size_t i = 0; i < COUNT_OF(overflows); i++) {
        ck_assert_fails(mi_reallocarray(p, overflows[i].count, overflows[i].size), ENOMEM);
    }
    ck_assert(is_filled(p, 100, 1));
    mi_free(p);
}
END_TEST

static void count_errors(int err, void *arg) {
    *(size_t *)arg += err == EOVERFLOW;
}

START_TEST(overflows_are_told) {
    size_t told = 0;
    void *p = NULL;
    mi_register_error(count_errors, &told);
    ck_assert_int_eq(mi_reallocarr(&p, overflows[0].count, overflows[0].size), EOVERFLOW);
    ck_assert_uint_eq(told, 1);
    ck_assert_ptr_null(mi_reallocarray(NULL, too_large, 2));
    ck_assert_uint_eq(told, 2);
    mi_register_error(NULL, NULL);
}
END_TEST

START_TEST(array_reallocation_of_bsd) {
    char *p = NULL, *before;
    errno = ERRNO_UNTOUCHED;
    ck_assert_int_eq(mi_reallocarr(&p, 10, 10), 0);
    ck_assert_ptr_nonnull(p);
    fill(p, 100, 1);
    ck_assert_int_eq(mi_reallocarr(&p, 1000, 10), 0);
    ck_assert(is_filled(p, 100, 1));
    before = p;
    for (size_t i = 0; i < COUNT_OF(overflows); i++) {
        ck_assert_int_eq(mi_reallocarr(&p, overflows[i].count, overflows[i].size), EOVERFLOW);
    }
    for (size_t i = 0; i < COUNT_OF(excessive_sizes); i++) {
        ck_assert_int_eq(mi_reallocarr(&p, 1, excessive_sizes[i]), ENOMEM);
    }
    ck_assert_int_eq(mi_reallocarr(NULL, 1, 1), EINVAL);
    ck_assert_ptr_eq(p, before);
    ck_assert(is_filled(p, 100, 1));
    ck_assert_int_eq(mi_reallocarr(&p, 0, 10), 0);
    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
    mi_free(p);
}
END_TEST

START_TEST(aligned_recalloc) {
    char *p = mi_aligned_recalloc(NULL, 10, 10, 256);
    char *q = mi_aligned_offset_recalloc(NULL, 10, 10, 256, 24);
    ck_assert(is_aligned(p, 256) && is_aligned(q + 24, 256));
    ck_assert(is_zero(p, 100) && is_zero(q, 100));
    fill(p, 100, 1);
    fill(q, 100, 2);
    p = mi_aligned_recalloc(p, 1000, 10, 256);
    q = mi_aligned_offset_recalloc(q, 1000, 10, 256, 24);
    ck_assert(is_aligned(p, 256) && is_aligned(q + 24, 256));
    ck_assert(is_filled(p, 100, 1) && is_filled(q, 100, 2));
    ck_assert(is_zero(p + 100, 9900) && is_zero(q + 100, 9900));
    ck_assert_fails(mi_aligned_recalloc(p, too_large, 2, 256), ENOMEM);
    ck_assert_fails(mi_aligned_offset_recalloc(q, too_large, 2, 256, 24), ENOMEM);
    volatile size_t odd = 3; /* unknown to the compiler, which warns of what it sees */
    ck_assert_fails(mi_aligned_recalloc(p, 1, 2, odd), EINVAL);
    mi_free(p);
    mi_free(q);
}
END_TEST

START_TEST(sizes_under_other_names) {
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        void *p = mi_malloc(sizes[i]);
        ck_assert_uint_eq(mi_malloc_size(p), mi_usable_size(p));
        ck_assert_uint_eq(mi_malloc_usable_size(p), mi_usable_size(p));
        ck_assert_uint_eq(mi_malloc_good_size(sizes[i]), mi_good_size(sizes[i]));
        ck_assert_ptr_eq(mi__expand(p, sizes[i]), p);
        ck_assert_ptr_null(mi__expand(p, excessive_sizes[i % COUNT_OF(excessive_sizes)]));
        mi_cfree(p);
    }
    ck_assert_uint_eq(mi_malloc_size(NULL), 0);
    ck_assert_uint_eq(mi_malloc_usable_size(NULL), 0);
}
END_TEST

START_TEST(frees_free) {
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        void *p = mi_malloc(sizes[i]);
        errno = ERRNO_UNTOUCHED;
        mi_free_size(p, sizes[i]);
        ck_assert(!mi_check_owned(p));
        p = mi_malloc_aligned(sizes[i], 64);
        mi_free_size_aligned(p, sizes[i], 64);
        ck_assert(!mi_check_owned(p));
        p = mi_malloc_aligned(sizes[i], 128);
        mi_free_aligned(p, 128);
        ck_assert(!mi_check_owned(p));
        p = mi_malloc(100);
        mi_free_small(p);
        ck_assert(!mi_check_owned(p));
        ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
    }
    mi_free_size(NULL, 0);
    mi_free_size(NULL, 100);
    mi_free_size_aligned(NULL, 100, 16);
    mi_free_aligned(NULL, 16);
    mi_free_small(NULL);
    mi_cfree(NULL);
}
END_TEST

START_TEST(wide_strings) {
    static const unsigned short wide[] = {'w', 0x4e2d, 0xffff, 0x00ff, 0};
    static const unsigned char bytes[] = {'b', 0x80, 0xff, 0};
    unsigned short *w = mi_wcsdup(wide);
    unsigned char *b = mi_mbsdup(bytes);
    ck_assert_mem_eq(w, wide, sizeof(wide));
    ck_assert_mem_eq(b, bytes, sizeof(bytes));
    mi_free(w);
    mi_free(b);
    w = mi_wcsdup(wide + 4);
    ck_assert_uint_eq(w[0], 0);
    mi_free(w);
    ck_assert_ptr_null(mi_wcsdup(NULL));
    ck_assert_ptr_null(mi_mbsdup(NULL));
}
END_TEST

START_TEST(environment_copies) {
    static const unsigned short wide_name[] = {'P', 0};
    char *value = (char *)"untouched";
    unsigned short *wide_value = (unsigned short *)wide_name;
    size_t size = 99;
    errno = ERRNO_UNTOUCHED;
    setenv("TEST_VARIABLE", "seven", 1);
    ck_assert_int_eq(mi_dupenv_s(&value, &size, "TEST_VARIABLE"), 0);
    ck_assert_str_eq(value, "seven");
    ck_assert_uint_eq(size, 6);
    mi_free(value);
    ck_assert_int_eq(mi_dupenv_s(&value, NULL, "TEST_VARIABLE"), 0);
    mi_free(value);
    unsetenv("TEST_VARIABLE");
    ck_assert_int_eq(mi_dupenv_s(&value, &size, "TEST_VARIABLE"), 0);
    ck_assert_ptr_null(value);
    ck_assert_uint_eq(size, 0);
    ck_assert_int_eq(mi_dupenv_s(NULL, &size, "TEST_VARIABLE"), EINVAL);
    ck_assert_int_eq(mi_dupenv_s(&value, &size, NULL), EINVAL);
    ck_assert_int_eq(mi_wdupenv_s(&wide_value, &size, wide_name), EINVAL);
    ck_assert_ptr_null(wide_value);
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
}
END_TEST

RUN_SUITE("posix", posix_memalign_aligns, posix_memalign_fails, memalign_and_aligned_alloc,
          valloc_and_pvalloc, array_reallocation, overflows_are_told, array_reallocation_of_bsd,
          aligned_recalloc, sizes_under_other_names, frees_free, wide_strings, environment_copies)
