/* SPDX-License-Identifier: MIT */
/* Chapter "block size returned". */
#include "support.h"

static void *ucalloc(size_t size, size_t *block_size) {
    return mi_ucalloc(size, 1, block_size);
}
static void *umalloc_aligned(size_t size, size_t *block_size) {
    return mi_umalloc_aligned(size, 256, block_size);
}
static void *uzalloc_aligned(size_t size, size_t *block_size) {
    return mi_uzalloc_aligned(size, 256, block_size);
}

static const struct {
    const char *name;
    void *(*allocate)(size_t size, size_t *block_size);
    bool is_zeroing, is_small, is_aligned;
} functions[] = {{"umalloc", mi_umalloc, false, false, false},
                 {"umalloc_small", mi_umalloc_small, false, true, false},
                 {"uzalloc_small", mi_uzalloc_small, true, true, false},
                 {"ucalloc", ucalloc, true, false, false},
                 {"umalloc_aligned", umalloc_aligned, false, false, true},
                 {"uzalloc_aligned", uzalloc_aligned, true, false, true}};

START_TEST(sizes_are_told) {
    for (size_t f = 0; f < COUNT_OF(functions); f++) {
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            size_t told = 0;
            if (functions[f].is_small && sizes[i] > MI_SMALL_SIZE_MAX) {
                continue;
            }
            void *p = functions[f].allocate(sizes[i], &told);
            ck_assert_ptr_nonnull(p);
            ck_assert_uint_eq(told, mi_usable_size(p));
            ck_assert_uint_ge(told, sizes[i]);
            ck_assert(!functions[f].is_aligned || is_aligned(p, 256));
            ck_assert(!functions[f].is_zeroing || is_zero(p, sizes[i]));
            memset(p, 0xa5, told);
            size_t freed = 0;
            mi_ufree(p, &freed);
            ck_assert_uint_eq(freed, told);
            ck_assert(!mi_check_owned(p));
            p = functions[f].allocate(sizes[i], NULL);
            ck_assert_ptr_nonnull(p);
            mi_ufree(p, NULL);
        }
    }
}
END_TEST

START_TEST(failures) {
    size_t told = 77;
    for (size_t f = 0; f < COUNT_OF(functions); f++) {
        for (size_t i = 0; i < COUNT_OF(excessive_sizes) && !functions[f].is_small; i++) {
            told = 77;
            ck_assert_fails(functions[f].allocate(excessive_sizes[i], &told), ENOMEM);
            ck_assert_uint_eq(told, 0);
            ck_assert_fails(functions[f].allocate(excessive_sizes[i], NULL), ENOMEM);
        }
    }
    for (size_t i = 0; i < COUNT_OF(overflows); i++) {
        ck_assert_fails(mi_ucalloc(overflows[i].count, overflows[i].size, &told), ENOMEM);
    }
    volatile size_t odd = 3; /* unknown to the compiler, which warns of what it sees */
    ck_assert_fails(mi_umalloc_aligned(10, odd, &told), EINVAL);
    ck_assert_fails(mi_uzalloc_aligned(10, odd - 3, &told), EINVAL);
}
END_TEST

START_TEST(reallocation) {
    size_t before = 77, after = 77;
    void *p = mi_urealloc(NULL, 100, &before, &after);
    ck_assert_uint_eq(before, 0);
    ck_assert_uint_eq(after, mi_usable_size(p));
    fill(p, 100, 1);
    size_t old = after;
    p = mi_urealloc(p, 10000, &before, &after);
    ck_assert(is_filled(p, 100, 1));
    ck_assert_uint_eq(before, old);
    ck_assert_uint_eq(after, mi_usable_size(p));
    ck_assert_fails(mi_urealloc(p, too_large, &before, &after), ENOMEM);
    ck_assert(is_filled(p, 100, 1));
    ck_assert_uint_eq(before, mi_usable_size(p));
    ck_assert_uint_eq(after, 0);
    p = mi_urealloc(p, 20000, NULL, NULL);
    ck_assert(is_filled(p, 100, 1));
    mi_ufree(p, &before);
    mi_ufree(NULL, &before);
    ck_assert_uint_eq(before, 0);
}
END_TEST

RUN_SUITE("usable", sizes_are_told, failures, reallocation)
