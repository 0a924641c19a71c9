/* SPDX-License-Identifier: MIT */
/* Pages: carving, the lists and the counts, for every class. */
#include "core/page.h"
#include "core/arena.h"
#include "core/holes.h"
#include "core/pagemap.h"
#include "os/os.h"
#include "unit.h"

#include <string.h>
#include <sys/mman.h>

/* A page of `slices` out of the arena `request` - 1, or (0) of any. */
static struct page *page_from(unsigned request, unsigned bin, size_t slices) {
    unsigned arena;
    bool is_zero;
    mip_os_init();
    char *start = mip_arena_take(slices, SLICE_SIZE, request, &arena, &is_zero);
    ck_assert_ptr_nonnull(start);
    struct page *page = mip_page_new((struct thread *)1024, NULL, bin, mip_bin_size(bin), start,
                                     slices, arena, is_zero, 0);
    ck_assert_ptr_nonnull(page);
    return page;
}

/* A page of a heap whose pages of this class have `held` slices. */
static struct page *page_when(unsigned bin, size_t held) {
    return page_from(0, bin, mip_bin_page_slices(bin, held));
}

static struct page *page_of(unsigned bin) {
    return page_when(bin, 0);
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

/* All blocks of the page, each filled with its number's byte; then all but every `every`-th go
 * back. */
static void fill_and_free(struct page *page, uint32_t every) {
    uint32_t count;
    while (mip_page_carve(page, &count) != NULL)
        continue;
    for (uint32_t i = 0; i < page->capacity; i++)
        memset(page->start + i * page->block_size, (int)i, page->block_size);
    for (uint32_t i = 0; i < page->capacity; i++) {
        struct block *block = (struct block *)(page->start + i * page->block_size);
        if (i % every != 0)
            mip_page_put(page, block, block, 1);
    }
}

static void check_kept(const struct page *page, uint32_t every) {
    for (uint32_t i = 0; i < page->capacity; i += every)
        for (size_t j = 0; j < page->block_size; j++)
            ck_assert_int_eq((unsigned char)page->start[i * page->block_size + j],
                             (unsigned char)i);
}

/* So that OS pages without a used block are most of the page, whatever their size. */
static uint32_t sparse(const struct page *page) {
    return (uint32_t)mip_max(8, 8 * mip_os_info.page_size / page->block_size);
}

/* Bytes.  The kernel's own page may be smaller than what it is told to be: what mincore left alone
   tells. */
static size_t resident(const struct page *page) {
    enum { UNTOUCHED = 0xff };
    size_t size = page->slices << SLICE_SHIFT, most = size / MIP_KIB, sum = 0, count = 0;
    unsigned char *map = malloc(most);
    memset(map, UNTOUCHED, most);
    ck_assert_int_eq(mincore(page->start, size, (void *)map), 0);
    while (count < most && map[count] != UNTOUCHED)
        sum += map[count++] & 1;
    free(map);
    return sum * (size / count);
}

/* What is used stays as it is, most of the memory goes, and every free block can be had again,
 * once. */
START_TEST(test_punch) {
    struct page *page = page_when(mip_bin_of((size_t)_i), 100);
    uint32_t every = sparse(page);
    fill_and_free(page, every);
    size_t used = mip_page_used(page), before = resident(page);
    ck_assert_uint_eq(used, (page->capacity + every - 1) / every);
    ck_assert(mip_holes_punch(page));
    ck_assert_uint_eq(mip_page_used(page), used);
    ck_assert_uint_eq(page->carved, used);
    ck_assert_ptr_null(page->local);
    ck_assert(!page->is_zero);
    check_kept(page, every);
    /* Around each block that stays up to two OS pages do, beside those that it fills. */
    size_t bound =
        used * (mip_round_up(page->block_size, mip_os_info.page_size) + mip_os_info.page_size);
    if (is_resident_judged())
        ck_assert_uint_le(resident(page), mip_min(before, bound) + mip_os_info.page_size);
    ck_assert_msg(!mip_holes_punch(page), "nothing is on its list");
    unsigned char *seen = calloc(page->capacity, 1);
    for (uint32_t i = 0; i < page->capacity; i++)
        ck_assert_int_eq(mip_page_is_block(page, page->start + i * page->block_size),
                         i % every == 0);
    uint32_t count, total = 0;
    for (struct block *list; (list = mip_page_carve(page, &count)) != NULL;) {
        ck_assert_uint_eq(mip_page_list_length(page, list), count);
        total += count;
        for (; list != NULL; list = mip_link_get(page, list)) {
            size_t index = (size_t)((char *)list - page->start) / page->block_size;
            ck_assert(mip_page_is_block(page, list));
            ck_assert_int_eq(seen[index]++, 0);
            ck_assert_uint_ne(index % every, 0);
        }
    }
    ck_assert_uint_eq(total, page->capacity - used);
    ck_assert_uint_eq(mip_page_used(page), page->capacity);
    ck_assert_ptr_null(page->holes);
    check_kept(page, every);
    free(seen);
    mip_page_release(page);
}
END_TEST

/* Punched twice: what was carved in between and freed joins the map; a page that goes takes the map
   along. */
START_TEST(test_punch_again) {
    struct page *page = page_when(mip_bin_of(4000), 100);
    uint32_t every = sparse(page);
    fill_and_free(page, every);
    uint32_t used = mip_page_used(page), count;
    ck_assert(mip_holes_punch(page));
    for (uint32_t i = 0; i < page->capacity / 2; i++) {
        struct block *list = mip_page_carve(page, &count);
        ck_assert_uint_eq(count, 1);
        memset(list, 0xee, page->block_size);
        mip_page_put(page, list, list, 1);
    }
    ck_assert_uint_eq(mip_page_used(page), used);
    ck_assert(mip_holes_punch(page));
    ck_assert_uint_eq(page->carved, used);
    check_kept(page, every);
    ck_assert_ptr_nonnull(page->holes);
    mip_page_release(page);
    struct page *next = page_of(mip_bin_of(4000));
    ck_assert_ptr_null(next->holes);
    mip_page_release(next);
}
END_TEST

/* Not worth it: more than a quarter is used, little is on the list, the blocks are small, or the OS
   pages without a used one too few side by side. */
/* Empty pages go as a whole, and are counted by what was carved. */
START_TEST(test_punch_empty) {
    struct page *page = page_of(mip_bin_of(4000));
    fill_and_free(page, page->capacity);
    struct block *first = (struct block *)page->start;
    mip_page_put(page, first, first, 1);
    ck_assert_uint_eq(mip_page_used(page), 0);
    ck_assert(!mip_holes_punch(page));
    ck_assert_uint_eq(page->carved, page->capacity);
    mip_page_release(page);
}
END_TEST

START_TEST(test_punch_refused) {
    static const struct {
        size_t size;
        uint32_t every;
    } refused[] = {{4000, 3}, {4000, 1}, {256, 32}, {512, 4}, {640, 16}};
    struct page *page = page_of(mip_bin_of(refused[_i].size));
    fill_and_free(page, refused[_i].every);
    struct block *local = page->local;
    ck_assert(!mip_holes_punch(page));
    ck_assert_ptr_eq(page->local, local);
    ck_assert_ptr_null(page->holes);
    mip_page_release(page);
}
END_TEST

/* Memory that the program gave is the program's: it may be shared, locked, or of a file. */
START_TEST(test_punch_external) {
    enum { SLICES = 8 };
    size_t size = (size_t)(SLICES + 1) * SLICE_SIZE;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(memory, MAP_FAILED);
    mip_os_init();
    mip_arena_start();
    unsigned arena = mip_arena_add(memory, size, true, true, ARENA_EXTERNAL);
    ck_assert_uint_ne(arena, ARENA_NONE);
    struct page *page = page_from(arena + 1, mip_bin_of(4000), SLICES);
    ck_assert_uint_eq(page->arena, arena);
    uint32_t every = sparse(page);
    fill_and_free(page, every);
    size_t before = resident(page);
    ck_assert(!mip_page_may_purge(page));
    ck_assert(!mip_holes_punch(page));
    ck_assert_uint_eq(resident(page), before);
    check_kept(page, every);
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
    tcase_add_loop_test(test_case, test_punch, 4000, 4002);
    tcase_add_loop_test(test_case, test_punch, 8000, 8001);
    tcase_add_loop_test(test_case, test_punch, 30000, 30001);
    tcase_add_test(test_case, test_punch_again);
    tcase_add_test(test_case, test_punch_empty);
    tcase_add_test(test_case, test_punch_external);
    tcase_add_loop_test(test_case, test_punch_refused, 0, 5);
    return test_case;
}

int main(void) {
    TCase *(*const cases[])(void) = {pages};
    return run_suite("page", cases, LENGTH_OF(cases));
}
