/* SPDX-License-Identifier: MIT */
/* Size classes: the table, the function and the sizes agree, and keep what size.h promises. */
#include "core/size.h"
#include "os/os.h"
#include "unit.h"

START_TEST(test_classes) {
    size_t previous = 0;
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        size_t size = mip_bin_size(bin);
        ck_assert_uint_gt(size, previous);
        ck_assert_uint_eq(size % GRANULE, 0);
        ck_assert_uint_eq(mip_bin_of(size), bin);
        ck_assert_uint_eq(mip_bin_of(previous + 1), bin);
        if (size > LINEAR_BINS * GRANULE)
            ck_assert_msg((size - previous) * 8 <= size, "class %u is too wide", bin);
        previous = size;
    }
    ck_assert_uint_eq(previous, MEDIUM_MAX);
    ck_assert_uint_eq(mip_bin_size(SMALL_BIN_COUNT - 1), SMALL_MAX);
    ck_assert_uint_eq(mip_bin_of(0), 0);
}
END_TEST

START_TEST(test_constant_expression) {
    for (size_t granules = 0; granules <= SMALL_MAX / GRANULE; granules++)
        ck_assert_uint_eq((unsigned)MIP_BIN_OF_GRANULES(granules), mip_bin_of(granules * GRANULE));
}
END_TEST

/* A size rounded up to an alignment falls into a class that the alignment divides. */
START_TEST(test_aligned_sizes) {
    for (size_t alignment = GRANULE; alignment <= NATURAL_ALIGNMENT_MAX; alignment *= 2)
        for (size_t size = alignment; size <= MEDIUM_MAX; size += alignment)
            ck_assert_uint_eq(mip_bin_size(mip_bin_of(size)) % alignment, 0);
}
END_TEST

START_TEST(test_page_lengths) {
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        size_t previous = 0;
        for (size_t held = 0; held < 4096; held = held * 2 + 1) {
            size_t slices = mip_bin_page_slices(bin, held);
            ck_assert_uint_ge(slices, previous);
            ck_assert_uint_ge(slices << SLICE_SHIFT, mip_bin_size(bin));
            /* whole blocks fill it to within a slice */
            ck_assert_uint_lt((slices << SLICE_SHIFT) % mip_bin_size(bin), SLICE_SIZE);
            ck_assert_uint_le(slices, 64);
            previous = slices;
        }
    }
}
END_TEST

START_TEST(test_good_sizes) {
    mip_os_init();
    for (size_t size = 0; size < 4 * MEDIUM_MAX; size = size * 9 / 8 + 1) {
        size_t good = mip_good_size_of(size);
        ck_assert_uint_ge(good, size);
        ck_assert_uint_eq(mip_good_size_of(good), good);
    }
    ck_assert_uint_eq(mip_good_size_of(SIZE_MAX), SIZE_MAX);
}
END_TEST

static TCase *sizes(void) {
    TCase *test_case = tcase_create("sizes");
    tcase_add_test(test_case, test_classes);
    tcase_add_test(test_case, test_constant_expression);
    tcase_add_test(test_case, test_aligned_sizes);
    tcase_add_test(test_case, test_page_lengths);
    tcase_add_test(test_case, test_good_sizes);
    return test_case;
}

int main(void) {
    TCase *(*const cases[])(void) = {sizes};
    return run_suite("size", cases, LENGTH_OF(cases));
}
