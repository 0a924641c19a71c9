/* SPDX-License-Identifier: MIT */
/* Pages: carving, the lists and the counts, for every class. */
#include "core/page.h"
#include "core/arena.h"
#include "core/pagemap.h"
#include "os/os.h"
#include "unit.h"

#include <string.h>

static struct page *page_of(unsigned bin) {
    unsigned arena;
    bool is_zero;
    size_t slices = mip_bin_page_slices(bin, 0);
    mip_os_init();
    char *start = mip_arena_take(slices, SLICE_SIZE, 0, &arena, &is_zero);
    ck_assert_ptr_nonnull(start);
    struct page *page = mip_page_new((struct thread *)1024, NULL, bin, mip_bin_size(bin), start,
                                     slices, arena, is_zero, 0);
    ck_assert_ptr_nonnull(page);
    return page;
}

/* Every block is carved once, aligned as its size promises, inside the page. */
START_TEST(test_carve) {
    unsigned bin = (unsigned)_i;
    struct page *page = page_of(bin);
    size_t size = mip_bin_size(bin);
    size_t natural = mip_min((size_t)1 << mip_lowest_bit(size), NATURAL_ALIGNMENT_MAX);
    unsigned char *seen = calloc(page->capacity, 1);
    uint32_t count, carved = 0;
    struct block *list;
    while ((list = mip_page_carve(page, &count)) != NULL) {
        ck_assert_uint_eq(mip_page_list_length(page, list), count);
        for (; list != NULL; list = mip_link_get(page, list)) {
            size_t index = (size_t)((char *)list - page->start) / size;
            ck_assert_uint_eq((uintptr_t)list % natural, 0);
            ck_assert(mip_page_is_block(page, list));
            ck_assert_uint_lt(index, page->capacity);
            ck_assert_int_eq(seen[index]++, 0);
        }
        carved += count;
        ck_assert_uint_eq(page->carved, carved);
        ck_assert_uint_eq(mip_page_used(page), carved);
    }
    ck_assert_uint_eq(carved, page->capacity);
    ck_assert(mip_page_end(page) <= page->start + (page->slices << SLICE_SHIFT));
    free(seen);
    mip_page_release(page);
}
END_TEST

START_TEST(test_lists) {
    struct page *page = page_of(3);
    uint32_t count;
    struct block *list = mip_page_carve(page, &count);
    ck_assert_uint_gt(count, 4);
    struct block *second = mip_link_get(page, list);
    mip_page_put(page, list, list, 1);
    mip_page_put(page, second, second, 1);
    ck_assert_uint_eq(mip_page_used(page), count - 2);
    ck_assert(mip_page_list_has(page, page->local, list));
    mip_page_check(page);
    uint32_t taken;
    struct block *back = mip_page_take_local(page, &taken);
    ck_assert_uint_eq(taken, 2);
    ck_assert_ptr_eq(back, second);
    ck_assert_ptr_null(page->local);
    ck_assert_uint_eq(mip_page_used(page), count);
    mip_page_release(page);
}
END_TEST

START_TEST(test_map) {
    struct page *page = page_of(BIN_COUNT - 1);
    ck_assert_ptr_eq(mip_pagemap_find(page->start), page);
    ck_assert_ptr_eq(mip_pagemap_find(page->start + (page->slices << SLICE_SHIFT) - 1), page);
    char *start = page->start;
    mip_page_release(page);
    ck_assert_ptr_null(mip_pagemap_find(start));
}
END_TEST

/* A fresh carve of zero memory is zero but for the links. */
START_TEST(test_zero) {
    struct page *page = page_of(40);
    ck_assert(page->is_zero);
    uint32_t count;
    struct block *list = mip_page_carve(page, &count);
    for (; list != NULL;) {
        struct block *next = mip_link_get(page, list);
        list->next = NULL;
        for (size_t i = 0; i < page->block_size; i++)
            ck_assert_int_eq(((char *)list)[i], 0);
        memset(list, 1, page->block_size);
        list = next;
    }
    mip_page_release(page);
}
END_TEST

START_TEST(test_special) {
    struct page *page = page_of(10);
    ck_assert_uint_eq(atomic_load(&page->a_owner), 1024);
    mip_page_set_interior(page);
    ck_assert_uint_eq(atomic_load(&page->a_owner), 1024 | OWNER_SPECIAL);
    ck_assert_ptr_eq(mip_page_owner(page), (struct thread *)1024);
    char *inside = page->start + 3 * page->block_size + 5;
    ck_assert_ptr_eq(mip_page_block_of(page, inside), page->start + 3 * page->block_size);
    mip_page_release(page);
}
END_TEST

static TCase *pages(void) {
    TCase *test_case = tcase_create("pages");
    tcase_set_timeout(test_case, 60);
    tcase_add_loop_test(test_case, test_carve, 0, BIN_COUNT);
    tcase_add_test(test_case, test_lists);
    tcase_add_test(test_case, test_map);
    tcase_add_test(test_case, test_zero);
    tcase_add_test(test_case, test_special);
    return test_case;
}

int main(void) {
    TCase *(*const cases[])(void) = {pages};
    return run_suite("page", cases, LENGTH_OF(cases));
}
