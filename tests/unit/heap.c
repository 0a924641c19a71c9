/* SPDX-License-Identifier: MIT */
/* Made heaps and the edges of reallocation and free: what is the caller's fault is harmless, what
   others give back is found, what the kernel refuses leaves everything as it was. */
#include "base/options.h"
#include "base/stats.h"
#include "core/core.h"
#include "core/fast.h"
#include "core/pagemap.h"
#include "os/os.h"
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void in_thread(void *(*fun)(void *), void *arg) {
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, fun, arg), 0);
    pthread_join(thread, NULL);
}

static size_t pages_in_use(void) {
    struct mip_stat_values values;
    mip_stat_read(MIP_STAT_PAGES, &values);
    return (size_t)(values.total - values.freed);
}

START_TEST(test_end_twice) {
    mip_process_init();
    struct heap *heap = mip_heap_new(0);
    ck_assert_ptr_nonnull(mip_heap_malloc(heap, 100, false));
    mip_heap_destroy(heap);
    mip_heap_destroy(heap);
    mip_heap_delete(heap);
    struct heap *first = mip_heap_new(0), *second = mip_heap_new(0);
    ck_assert_ptr_ne(first, second);
    mip_heap_delete(first);
    mip_heap_delete(first);
    ck_assert_ptr_ne(mip_heap_new(0), second);
    mip_heap_destroy(mip_heap_backing());
    mip_heap_destroy(NULL);
    mip_free(mip_malloc(10));
}
END_TEST

static void *end_heap(void *heap) {
    mip_heap_destroy(heap);
    mip_heap_delete(heap);
    return NULL;
}

START_TEST(test_end_by_another_thread) {
    mip_process_init();
    struct heap *heap = mip_heap_new(0);
    char *p = mip_heap_malloc(heap, 100, true);
    in_thread(end_heap, heap);
    ck_assert_int_eq(p[99], 0);
    ck_assert(mip_heap_contains_block(heap, p));
    mip_heap_destroy(heap);
}
END_TEST

/* More full pages than one portion: all that others freed is found while the owner goes on. */
enum { BIG_COUNT = 300 };
static void *big[BIG_COUNT];

static void *free_big(void *arg) {
    (void)arg;
    for (int i = 0; i < BIG_COUNT; i++)
        mip_free(big[i]);
    return NULL;
}

START_TEST(test_sweep_finds_all) {
    mip_process_init();
    struct heap *heap = mip_heap_new(0);
    size_t before = pages_in_use();
    for (int i = 0; i < BIG_COUNT; i++)
        big[i] = mip_heap_malloc(heap, 600000, false);
    ck_assert_uint_ge(pages_in_use(), before + BIG_COUNT);
    in_thread(free_big, NULL);
    for (int i = 0; i < 1000; i++)
        mip_free(mip_malloc(600000)); /* each a tick */
    ck_assert_uint_le(pages_in_use(), before + 4);
    mip_heap_destroy(heap);
}
END_TEST

static _Atomic(bool) a_stop;

static void *make_and_end_heaps(void *arg) {
    (void)arg;
    while (!atomic_load(&a_stop)) {
        struct heap *kept = mip_heap_new(0);
        struct heap *heap = mip_heap_new(0);
        void *p = mip_heap_malloc(heap, 100, false);
        mip_heap_destroy(kept);
        mip_heap_delete(heap);
        mip_free(p);
    }
    return NULL;
}

/* A fork while another thread makes heaps: the child can take its record over.  Fewer of them on a
   machine that is slow or busy: each waits for a process to have its turn. */
START_TEST(test_fork_while_heaps_are_made) {
    pthread_t thread;
    mip_process_init();
    ck_assert_int_eq(pthread_create(&thread, NULL, make_and_end_heaps, NULL), 0);
    time_t end = time(NULL) + 30;
    for (int i = 0; i < 1500 && time(NULL) < end; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            mip_collect(true);
            _exit(0);
        }
        int status;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_msg(status == 0, "child %d ended with status %x", i, status);
    }
    atomic_store(&a_stop, true);
    pthread_join(thread, NULL);
}
END_TEST

static int fail_mmap(enum mip_os_call call) {
    return call == MIP_OS_MMAP ? ENOMEM : 0;
}

static const size_t huge = (size_t)200 << 20;

/* No addresses for a larger mapping: NULL, and the block is as it was. */
START_TEST(test_realloc_refused) {
    mip_process_init();
    char *p = mip_malloc(huge);
    ck_assert_ptr_nonnull(p);
    memset(p, 7, 100);
    p[huge - 1] = 9;
    mip_os_fault_hook = fail_mmap;
    errno = 0;
    char *q = mip_heap_realloc(NULL, p, 3 * huge, false);
    mip_os_fault_hook = NULL;
    if (q == NULL) { /* else the kernel had room right behind it */
        ck_assert_int_eq(errno, ENOMEM);
        q = p;
    }
    ck_assert_uint_ge(mip_usable_size(q), huge);
    ck_assert_int_eq(q[99], 7);
    ck_assert_int_eq(q[huge - 1], 9);
    mip_free(q);
}
END_TEST

START_TEST(test_realloc_moves_mappings) {
    mip_process_init();
    char *p = mip_malloc(huge);
    void *behind = mip_os_map(p + huge, mip_os_info.page_size, mip_os_info.page_size);
    p[0] = 1, p[huge - 1] = 2;
    char *q = mip_heap_realloc(NULL, p, 2 * huge, true);
    ck_assert_ptr_nonnull(q);
    ck_assert(behind != p + huge || q != p);
    ck_assert_int_eq(q[0], 1);
    ck_assert_int_eq(q[huge - 1], 2);
    ck_assert_int_eq(q[2 * huge - 1], 0);
    ck_assert_uint_ge(mip_usable_size(q), 2 * huge);
    if (q != p)
        ck_assert(!mip_is_ours(p));
    mip_free(q);
    ck_assert(!mip_is_ours(q));
}
END_TEST

/* Where no block begins nothing has a size, nor is it resized: inside of blocks, and behind the
   last one of a page. */
START_TEST(test_no_block_begins) {
    mip_process_init();
    const size_t sizes[] = {16, 100, 3000, 60000};
    for (size_t i = 0; i < LENGTH_OF(sizes); i++) {
        char *p = mip_malloc(sizes[i]);
        size_t size = mip_usable_size(p);
        ck_assert_uint_ge(size, sizes[i]);
        struct page *page = mip_pagemap_find(p);
        char *end = page->start + (page->slices << SLICE_SHIFT);
        char *const wrong[] = {p + 1, p + GRANULE / 2, p + size / 2, p + size - 1,
                               mip_page_end(page)};
        for (size_t k = 0; k < LENGTH_OF(wrong); k++) {
            if (wrong[k] == end)
                continue; /* the blocks fill the page */
            ck_assert_uint_eq(mip_usable_size(wrong[k]), 0);
            errno = 0;
            ck_assert_ptr_null(mip_heap_realloc(NULL, wrong[k], sizes[i], false));
            ck_assert_int_eq(errno, EINVAL);
        }
        mip_free(p);
    }
}
END_TEST

/* After a thread's end too, a pointer that is nobody's is reported and not written to. */
static void *free_nobodys(void *arg) {
    (void)arg;
    char *p = mip_malloc(2000000);
    size_t *inside = (size_t *)(p + 1000000); /* in the window, but entered nowhere */
    *inside = 1234567;
    mip_thread_done();
    mip_tls_self = TLS_DONE;
    mip_free(inside);
    ck_assert_uint_eq(*inside, 1234567);
    mip_free(p);
    return NULL;
}

START_TEST(test_bad_free_after_the_end) {
    mip_process_init();
    in_thread(free_nobodys, NULL);
}
END_TEST

/* A program goes on to another class: what was loaded of the one before it makes no page look used
   for ever.  A list that is in use stays. */
START_TEST(test_unused_class_is_let_go) {
    enum { TICKS = 2000, BLOCK = 300, OTHER = 600000 };
    mip_process_init();
    struct heap *heap = mip_heap_backing();
    unsigned bin = mip_bin_of(BLOCK);
    void *block = mip_malloc(BLOCK);
    ck_assert_ptr_nonnull(heap->queue[bin].first);
    mip_free(block);
    ck_assert_ptr_nonnull(heap->list[bin]);
    size_t before = pages_in_use();
    for (int i = 0; i < TICKS; i++)
        mip_free(mip_malloc(OTHER)); /* single: each is a tick */
    ck_assert_ptr_null(heap->list[bin]);
    ck_assert_ptr_null(heap->queue[bin].first);
    ck_assert_uint_lt(pages_in_use(), before);
    block = mip_malloc(BLOCK);
    void *kept = mip_malloc(BLOCK);
    for (int i = 0; i < TICKS; i++) {
        mip_free(mip_malloc(OTHER));
        mip_free(block);
        block = mip_malloc(BLOCK);
        ck_assert_ptr_nonnull(block);
    }
    ck_assert_ptr_nonnull(heap->queue[bin].first);
    mip_free(kept);
    mip_free(block);
}
END_TEST

static size_t punched_pages(unsigned bin) {
    size_t count = 0;
    for (struct page *page = mip_heap_backing()->queue[bin].first; page != NULL; page = page->next)
        count += page->holes != NULL;
    return count;
}

enum { SPARSE_COUNT = 4000, SPARSE_SIZE = 4000, DAY = 86400000 };
static char *sparse[SPARSE_COUNT];

static bool is_as_set(int i) {
    int j = 0;
    while (j < SPARSE_SIZE && sparse[i][j] == (char)i)
        j++;
    return j == SPARSE_SIZE;
}

static int sparse_every(void) {
    return (int)mip_max(16, 8 * mip_os_info.page_size / SPARSE_SIZE);
}

/* Blocks of which some are left; how many pages have any. */
static size_t make_sparse(void) {
    unsigned bin = mip_bin_of(SPARSE_SIZE);
    for (int i = 0; i < SPARSE_COUNT; i++) {
        sparse[i] = mip_malloc(SPARSE_SIZE);
        memset(sparse[i], i, SPARSE_SIZE);
    }
    for (int i = 0; i < SPARSE_COUNT; i++)
        if (i % sparse_every() != 0)
            mip_free(sparse[i]);
    size_t pages = 0;
    for (struct page *page = mip_heap_backing()->queue[bin].first; page != NULL; page = page->next)
        pages += page->until_event != 0; /* where OS pages are large, some are empty */
    ck_assert_uint_ge(pages, 8);
    ck_assert_uint_eq(punched_pages(bin), 0);
    return pages;
}

/* Pages of which little is used through a purge delay give memory back; what is used keeps what it
   holds, and the rest can be had again. */
START_TEST(test_sparse_pages_are_punched) {
    enum { TICKS = 4000 };
    unsigned bin = mip_bin_of(SPARSE_SIZE);
    mip_process_init();
    mip_option_set(MIP_OPTION_PURGE_DELAY, DAY);
    int every = sparse_every();
    size_t pages = make_sparse();
    for (int i = 0; i < TICKS; i++)
        mip_free(mip_malloc(600000)); /* each a tick */
    ck_assert_uint_eq(punched_pages(bin), 0);
    mip_option_set(MIP_OPTION_PURGE_DELAY, 0);
    for (int i = 0; i < TICKS; i++)
        mip_free(mip_malloc(600000));
    ck_assert_uint_ge(punched_pages(bin) + 1, pages);
    mip_option_set(MIP_OPTION_PURGE_DELAY, DAY);
    for (int i = 0; i < SPARSE_COUNT; i++)
        if (i % every != 0)
            memset(sparse[i] = mip_malloc(SPARSE_SIZE), i, SPARSE_SIZE);
    for (int i = 0; i < SPARSE_COUNT; i++)
        ck_assert(is_as_set(i));
    ck_assert_uint_le(punched_pages(bin), 1);
    /* A collection waits for nothing. */
    for (int i = 0; i < SPARSE_COUNT; i++)
        if (i % every != 0)
            mip_free(sparse[i]);
    mip_collect(true);
    ck_assert_uint_ge(punched_pages(bin), pages - 1);
    for (int i = 0; i < SPARSE_COUNT; i += every) {
        ck_assert_int_eq(sparse[i][SPARSE_SIZE - 1], (char)i);
        mip_free(sparse[i]);
    }
}
END_TEST

/* So they do when the heap grows, however soon that is. */
START_TEST(test_growth_punches_sparse_pages) {
    enum { SMALL_SIZE = 100, SMALL_BYTES = 32 << 20 };
    unsigned bin = mip_bin_of(SPARSE_SIZE);
    mip_process_init();
    mip_option_set(MIP_OPTION_PURGE_DELAY, DAY);
    size_t pages = make_sparse();
    for (size_t bytes = 0; bytes < SMALL_BYTES; bytes += SMALL_SIZE)
        ck_assert_ptr_nonnull(mip_malloc(SMALL_SIZE));
    ck_assert_uint_ge(punched_pages(bin) + 1, pages);
    for (int i = 0; i < SPARSE_COUNT; i += sparse_every())
        ck_assert(is_as_set(i));
}
END_TEST

static void *make_sparse_and_end(void *pages) {
    *(size_t *)pages = make_sparse();
    return NULL;
}

/* A forced collection punches what ended threads left, too. */
START_TEST(test_collection_punches_for_ended_threads) {
    mip_process_init();
    mip_option_set(MIP_OPTION_PURGE_DELAY, DAY);
    mip_free(mip_malloc(1)); /* this thread's record is not the one that is left */
    size_t pages = 0, punched = 0;
    in_thread(make_sparse_and_end, &pages);
    struct heap *left = mip_heap_of_page(mip_pagemap_find(sparse[0]));
    ck_assert_ptr_ne(left, mip_heap_backing());
    mip_collect(true);
    for (struct page *page = left->queue[mip_bin_of(SPARSE_SIZE)].first; page != NULL;
         page = page->next)
        punched += page->holes != NULL;
    ck_assert_uint_ge(punched + 1, pages);
    for (int i = 0; i < SPARSE_COUNT; i += sparse_every())
        ck_assert(is_as_set(i));
}
END_TEST

/* One block at a time, of ever another size: none of them makes a page anew, where OS pages are
   short. */
START_TEST(test_hardly_used_pages_stay) {
    enum { CLASSES_SIZE = 60000, ROUNDS = 20 };
    mip_process_init();
    for (size_t size = 1; size <= CLASSES_SIZE; size += size / 16 + 8)
        mip_free(mip_malloc(size));
    size_t made = 0;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t size = 1; size <= CLASSES_SIZE; size += size / 16 + 8) {
            size_t before = pages_in_use();
            void *p = mip_malloc(size);
            made += pages_in_use() > before;
            mip_free(p);
        }
    ck_assert(made <= ROUNDS || mip_os_info.page_size > SLICE_SIZE / 4);
}
END_TEST

static size_t empty_slices(const struct heap *heap) {
    size_t slices = 0;
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (struct page *page = heap->queue[bin].first; page != NULL; page = page->next)
            slices += page->until_event == 0 ? page->slices : 0;
    return slices;
}

/* No tick looks at made heaps: there all that is kept counts. */
START_TEST(test_made_heaps_keep_little) {
    enum { SIZE_MOST = 60000 };
    mip_process_init();
    struct heap *heap = mip_heap_new(0);
    for (size_t size = 5000; size <= SIZE_MOST; size += size / 16 + 8)
        mip_free(mip_heap_malloc(heap, size, false));
    ck_assert_uint_eq(empty_slices(heap), heap->empty_slices);
    ck_assert_uint_le(heap->empty_slices, EMPTY_MAX);
    mip_heap_destroy(heap);
}
END_TEST

/* Empty pages are let go although others of their class get back a block each, and go on being
   kept. */
START_TEST(test_empty_pages_before_returning_ones) {
    enum { SIZE = 4000, COUNT = 6000, RETURNING = 8, TICKS = 16 * 1024 };
    static char *blocks[COUNT];
    void *one_of_page[RETURNING];
    mip_process_init();
    struct heap *heap = mip_heap_backing();
    for (int i = 0; i < COUNT; i++)
        blocks[i] = mip_malloc(SIZE);
    struct page *first = mip_pagemap_find(blocks[COUNT / 2]), *page = NULL;
    for (int i = COUNT / 2; i < COUNT; i++)
        mip_free(blocks[i]);
    ck_assert_uint_ge(empty_slices(heap), 2 * first->slices);
    for (int i = 0, pages = 0; pages < RETURNING; i++)
        if (mip_pagemap_find(blocks[i]) != page && ++pages > 0) {
            page = mip_pagemap_find(blocks[i]);
            mip_free(blocks[i]);
        }
    ck_assert_ptr_ne(page, first);
    for (int i = 0; i < TICKS; i++)
        mip_free(mip_malloc(600000)); /* each a tick */
    ck_assert_uint_eq(empty_slices(heap), 0);
    /* Likewise those of a made heap, whose pages come all at once. */
    for (int i = COUNT / 2; i < COUNT; i++)
        blocks[i] = mip_malloc(SIZE);
    struct heap *made = mip_heap_new(0);
    page = NULL;
    for (int pages = 0; pages < RETURNING;) {
        void *block = mip_heap_malloc(made, SIZE, false);
        if (mip_pagemap_find(block) != page)
            one_of_page[pages++] = block;
        page = mip_pagemap_find(block);
    }
    for (int i = 0; i < RETURNING; i++)
        mip_free(one_of_page[i]);
    for (int i = COUNT / 2; i < COUNT; i++)
        mip_free(blocks[i]);
    ck_assert_uint_ge(empty_slices(heap), 2 * first->slices);
    mip_heap_delete(made);
    for (int i = 0; i < TICKS; i++)
        mip_free(mip_malloc(600000));
    ck_assert_uint_eq(empty_slices(heap), 0);
}
END_TEST

/* So is one that is found empty when its list is unloaded. */
START_TEST(test_unloaded_page_is_let_go) {
    enum { SIZE = 500, RETURNING = 8, TICKS = 16 * 1024 };
    void *one_of_page[RETURNING + 1];
    struct page *page = NULL;
    mip_process_init();
    struct heap *heap = mip_heap_backing();
    for (int pages = 0; pages <= RETURNING;) {
        void *block = mip_malloc(SIZE);
        if (mip_pagemap_find(block) != page)
            one_of_page[pages++] = block;
        page = mip_pagemap_find(block);
    }
    for (int i = 0; i <= RETURNING; i++)
        mip_free(one_of_page[i]);
    ck_assert_ptr_eq(heap->queue[mip_bin_of(SIZE)].first, page);
    ck_assert_ptr_nonnull(heap->list[mip_bin_of(SIZE)]);
    for (int i = 0; i < TICKS; i++)
        mip_free(mip_malloc(600000));
    ck_assert_uint_eq(empty_slices(heap), 0);
}
END_TEST

enum { MANY_BLOCKS = 20000 };

static void *many[MANY_BLOCKS];

static void *free_many(void *arg) {
    for (int i = 0; i < MANY_BLOCKS; i++)
        mip_free(many[i]);
    return arg;
}

/* A signal's handler that ends a thread between two stores leaves a count that is more than its
   list. */
START_TEST(test_list_shorter_than_its_count) {
    enum { SIZE = 100, COUNT = 200, LEFT = 5 };
    void *blocks[COUNT];
    mip_process_init();
    struct heap *heap = mip_heap_backing();
    unsigned bin = mip_bin_of(SIZE);
    for (int i = 0; i < COUNT; i++)
        blocks[i] = mip_malloc(SIZE);
    for (int i = LEFT; i < COUNT; i++)
        mip_free(blocks[i]);
    struct page *page = mip_pagemap_find(blocks[0]);
    for (int i = 0; i < MANY_BLOCKS; i++)
        many[i] = mip_malloc(3000);
    in_thread(free_many, NULL); /* whose messages wait */
    page->local = NULL;
    heap->list[bin] = NULL;
    for (int i = 0; i < LEFT; i++)
        mip_free(blocks[i]);
    ck_assert(mip_heap_load(heap, bin, page));
    ck_assert_ptr_nonnull(mip_malloc(SIZE));
}
END_TEST

static void *count_more_and_end(void *record) {
    mip_free(mip_malloc(100));
    mip_heap_backing()->empty_slices += 3;
    *(struct thread **)record = mip_thread_self();
    return NULL;
}

/* It may do so while it counts its empty pages, too: they are let go before others may use them. */
START_TEST(test_parked_counts_nothing_as_empty) {
    struct thread *record = NULL;
    mip_process_init();
    in_thread(count_more_and_end, &record);
    ck_assert_ptr_nonnull(record);
    ck_assert_uint_eq(record->heap.empty_slices, 0);
}
END_TEST

static TCase *heaps(void) {
    TCase *test_case = tcase_create("heaps");
    tcase_set_timeout(test_case, 120);
    tcase_add_test(test_case, test_end_twice);
    tcase_add_test(test_case, test_end_by_another_thread);
    tcase_add_test(test_case, test_sweep_finds_all);
    tcase_add_test(test_case, test_fork_while_heaps_are_made);
    tcase_add_test(test_case, test_realloc_refused);
    tcase_add_test(test_case, test_realloc_moves_mappings);
    tcase_add_test(test_case, test_no_block_begins);
    tcase_add_test(test_case, test_bad_free_after_the_end);
    tcase_add_test(test_case, test_unused_class_is_let_go);
    tcase_add_test(test_case, test_sparse_pages_are_punched);
    tcase_add_test(test_case, test_growth_punches_sparse_pages);
    tcase_add_test(test_case, test_collection_punches_for_ended_threads);
    tcase_add_test(test_case, test_hardly_used_pages_stay);
    tcase_add_test(test_case, test_made_heaps_keep_little);
    tcase_add_test(test_case, test_empty_pages_before_returning_ones);
    tcase_add_test(test_case, test_unloaded_page_is_let_go);
    tcase_add_test(test_case, test_list_shorter_than_its_count);
    tcase_add_test(test_case, test_parked_counts_nothing_as_empty);
    return test_case;
}

int main(void) {
    TCase *(*const cases[])(void) = {heaps};
    return run_suite("heap", cases, LENGTH_OF(cases));
}
