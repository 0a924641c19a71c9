/* SPDX-License-Identifier: MIT */
/* Chapter "heap" and its typed macros. */
#include "support.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>

/* Every way to get a block of `size` bytes from a heap. */
typedef void *(*heap_fun)(mi_heap_t *heap, size_t size);

static void *by_calloc(mi_heap_t *heap, size_t size) {
    return mi_heap_calloc(heap, 1, size);
}
static void *by_mallocn(mi_heap_t *heap, size_t size) {
    return mi_heap_mallocn(heap, size, 1);
}
static void *by_realloc(mi_heap_t *heap, size_t size) {
    return mi_heap_realloc(heap, NULL, size);
}
static void *by_reallocn(mi_heap_t *heap, size_t size) {
    return mi_heap_reallocn(heap, NULL, size, 1);
}
static void *by_reallocf(mi_heap_t *heap, size_t size) {
    return mi_heap_reallocf(heap, NULL, size);
}
static void *by_rezalloc(mi_heap_t *heap, size_t size) {
    return mi_heap_rezalloc(heap, NULL, size);
}
static void *by_recalloc(mi_heap_t *heap, size_t size) {
    return mi_heap_recalloc(heap, NULL, 1, size);
}

static const struct {
    const char *name;
    heap_fun allocate;
    bool is_zeroing, is_small;
} allocators[] = {{"malloc", mi_heap_malloc, false, false},
                  {"zalloc", mi_heap_zalloc, true, false},
                  {"calloc", by_calloc, true, false},
                  {"mallocn", by_mallocn, false, false},
                  {"realloc", by_realloc, false, false},
                  {"reallocn", by_reallocn, false, false},
                  {"reallocf", by_reallocf, false, false},
                  {"rezalloc", by_rezalloc, true, false},
                  {"recalloc", by_recalloc, true, false},
                  {"malloc_small", mi_heap_malloc_small, false, true},
                  {"zalloc_small", mi_heap_zalloc_small, true, true}};

static void check_every_size(mi_heap_t *heap) {
    for (size_t a = 0; a < COUNT_OF(allocators); a++) {
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            if (allocators[a].is_small && sizes[i] > MI_SMALL_SIZE_MAX) {
                continue;
            }
            errno = ERRNO_UNTOUCHED;
            void *p = allocators[a].allocate(heap, sizes[i]);
            ck_assert_msg(p != NULL, "%s(%zu)", allocators[a].name, sizes[i]);
            ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
            ck_assert(is_aligned(p, 16));
            ck_assert_uint_ge(mi_usable_size(p), sizes[i]);
            ck_assert(mi_heap_contains_block(heap, p));
            if (allocators[a].is_zeroing) {
                ck_assert(is_zero(p, mi_usable_size(p)));
            }
            memset(whole(p), 0xa5, mi_usable_size(p));
            mi_free(p);
        }
    }
}

START_TEST(every_size) {
    mi_heap_t *heap = mi_heap_new();
    ck_assert_ptr_nonnull(heap);
    check_every_size(heap);
    mi_heap_destroy(heap);
    check_every_size(mi_heap_get_default());
    check_every_size(mi_heap_get_backing());
    check_every_size(NULL);
}
END_TEST

START_TEST(failures) {
    mi_heap_t *heap = mi_heap_new();
    void *old = mi_heap_malloc(heap, 100);
    fill(old, 100, 1);
    for (size_t i = 0; i < COUNT_OF(excessive_sizes); i++) {
        for (size_t a = 0; a < COUNT_OF(allocators); a++) {
            if (!allocators[a].is_small) {
                ck_assert_fails(allocators[a].allocate(heap, excessive_sizes[i]), ENOMEM);
            }
        }
        ck_assert_fails(mi_heap_realloc(heap, old, excessive_sizes[i]), ENOMEM);
        ck_assert_fails(mi_heap_rezalloc(heap, old, excessive_sizes[i]), ENOMEM);
    }
    for (size_t i = 0; i < COUNT_OF(overflows); i++) {
        size_t count = overflows[i].count, size = overflows[i].size;
        ck_assert_fails(mi_heap_calloc(heap, count, size), ENOMEM);
        ck_assert_fails(mi_heap_mallocn(heap, count, size), ENOMEM);
        ck_assert_fails(mi_heap_reallocn(heap, old, count, size), ENOMEM);
        ck_assert_fails(mi_heap_recalloc(heap, old, count, size), ENOMEM);
    }
    ck_assert(is_filled(old, 100, 1));
    ck_assert_fails(mi_heap_reallocf(heap, old, too_large), ENOMEM);
    ck_assert(!mi_heap_check_owned(heap, old));
    mi_heap_destroy(heap);
}
END_TEST

enum { LIVE = 2000 };
static unsigned char *blocks[LIVE];

static size_t size_of(size_t i) {
    return i % 100 == 99 ? i * 100 : i * 37 % 3000;
}

static void fill_heap(mi_heap_t *heap) {
    for (size_t i = 0; i < LIVE; i++) {
        blocks[i] = mi_heap_malloc(heap, size_of(i));
        ck_assert_ptr_nonnull(blocks[i]);
        fill(blocks[i], size_of(i), (unsigned)i);
    }
}

static void check_and_free_blocks(void) {
    for (size_t i = 0; i < LIVE; i++) {
        ck_assert(is_filled(blocks[i], size_of(i), (unsigned)i));
        mi_free(blocks[i]);
    }
}

START_TEST(delete_keeps_blocks) {
    for (int round = 0; round < 3; round++) {
        mi_heap_t *heap = mi_heap_new();
        fill_heap(heap);
        mi_heap_delete(heap);
        for (size_t i = 0; i < LIVE; i += 97) {
            ck_assert(mi_heap_contains_block(mi_heap_get_backing(), blocks[i]));
            ck_assert(mi_check_owned(blocks[i]));
        }
        mi_free(mi_malloc(100));
        check_and_free_blocks();
    }
}
END_TEST

START_TEST(destroy_frees_blocks) {
    size_t first = 0, last = 0;
    for (int round = 0; round < 100; round++) { /* 500 MiB, if destroying leaked */
        mi_heap_t *heap = mi_heap_new();
        ck_assert_ptr_nonnull(heap);
        fill_heap(heap);
        mi_heap_destroy(heap);
        mi_process_info(NULL, NULL, NULL, NULL, NULL, &last, NULL, NULL);
        first = round == 3 ? last : first;
    }
    ck_assert_uint_lt(last, first + 64 * MIB);
}
END_TEST

/* A heap with one block takes little; heap after heap takes nothing more. */
START_TEST(thousands_of_heaps) {
    enum { HEAPS = 4000 };
    static mi_heap_t *heaps[HEAPS];
    static void *blocks[HEAPS];
    size_t first = 0, last = 0;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < HEAPS; i++) {
            heaps[i] = mi_heap_new();
            ck_assert_ptr_nonnull(heaps[i]);
            blocks[i] = mi_heap_malloc(heaps[i], 100);
            fill(blocks[i], 100, (unsigned)i);
        }
        for (int i = 0; i < HEAPS; i++) {
            ck_assert(mi_heap_contains_block(heaps[i], blocks[i]));
            if (i % 2)
                mi_heap_delete(heaps[i]);
            else
                mi_heap_destroy(heaps[i]);
        }
        for (int i = 1; i < HEAPS; i += 2) {
            ck_assert(is_filled(blocks[i], 100, (unsigned)i));
            mi_free(blocks[i]);
        }
        mi_collect(true);
        mi_process_info(NULL, NULL, NULL, NULL, NULL, &last, NULL, NULL);
        first = round == 0 ? last : first;
    }
    ck_assert_uint_le(last, first + 8 * MIB);
}
END_TEST

START_TEST(heaps_do_not_mix) {
    mi_heap_t *one = mi_heap_new();
    mi_heap_t *two = mi_heap_new();
    ck_assert_ptr_ne(one, two);
    fill_heap(one);
    for (size_t i = 0; i < LIVE; i++) {
        void *other = mi_heap_malloc(two, size_of(i));
        memset(other, 0xee, size_of(i));
        ck_assert(mi_heap_contains_block(one, blocks[i]));
        ck_assert(!mi_heap_contains_block(two, blocks[i]));
        ck_assert(mi_heap_contains_block(two, other));
        ck_assert(!mi_heap_contains_block(one, other));
        ck_assert(!mi_heap_contains_block(mi_heap_get_backing(), other));
    }
    mi_heap_destroy(two);
    check_and_free_blocks();
    mi_heap_destroy(one);
}
END_TEST

START_TEST(default_heap) {
    mi_heap_t *backing = mi_heap_get_backing();
    mi_heap_t *heap = mi_heap_new();
    ck_assert_ptr_nonnull(backing);
    ck_assert_ptr_eq(mi_heap_get_default(), backing);
    ck_assert_ptr_eq(mi_heap_set_default(heap), backing);
    ck_assert_ptr_eq(mi_heap_get_default(), heap);
    ck_assert_ptr_eq(mi_heap_get_backing(), backing);
    void *p = mi_malloc(100), *q = mi_calloc(10, 10), *r = mi_realloc(NULL, 70000);
    ck_assert(mi_heap_contains_block(heap, p));
    ck_assert(mi_heap_contains_block(heap, q));
    ck_assert(mi_heap_contains_block(heap, r));
    ck_assert(mi_check_owned(p));
    ck_assert(mi_heap_contains_block(NULL, p));
    ck_assert_ptr_eq(mi_heap_set_default(backing), heap);
    ck_assert(!mi_check_owned(p));
    void *s = mi_malloc(100);
    ck_assert(mi_heap_contains_block(backing, s));
    mi_free(s);
    mi_free(r);
    mi_heap_destroy(heap);
}
END_TEST

START_TEST(default_heap_deleted_or_destroyed) {
    mi_heap_t *backing = mi_heap_get_backing();
    mi_heap_t *heap = mi_heap_new();
    mi_heap_set_default(heap);
    void *p = mi_malloc(100);
    fill(p, 100, 1);
    mi_heap_delete(heap);
    ck_assert_ptr_eq(mi_heap_get_default(), backing);
    ck_assert(is_filled(p, 100, 1));
    mi_free(p);
    heap = mi_heap_new();
    mi_heap_set_default(heap);
    ck_assert_ptr_nonnull(mi_malloc(100));
    mi_heap_destroy(heap);
    ck_assert_ptr_eq(mi_heap_get_default(), backing);
    mi_free(mi_malloc(100));
}
END_TEST

START_TEST(backing_heap_stays) {
    mi_heap_t *backing = mi_heap_get_backing();
    void *p = mi_malloc(100);
    fill(p, 100, 1);
    mi_heap_delete(backing);
    mi_heap_destroy(backing);
    mi_heap_delete(NULL);
    mi_heap_destroy(NULL);
    ck_assert_ptr_eq(mi_heap_get_backing(), backing);
    ck_assert(is_filled(p, 100, 1));
    mi_free(p);
}
END_TEST

START_TEST(reallocation) {
    mi_heap_t *heap = mi_heap_new();
    static const size_t chain[] = {1, 100, 90, 1000, 5000, 4000, 100000, 99999, MIB, 2 * MIB, 10};
    void *p = mi_heap_zalloc(heap, 8);
    size_t size = 8;
    fill(p, size, 1);
    for (size_t i = 0; i < COUNT_OF(chain); i++) {
        size_t next = chain[i], common = size < next ? size : next;
        p = i % 2 == 0 ? mi_heap_rezalloc(heap, p, next) : mi_heap_recalloc(heap, p, next, 1);
        ck_assert_ptr_nonnull(p);
        ck_assert(is_filled(p, common, 1));
        ck_assert(is_zero((char *)p + common, next - common));
        ck_assert(mi_heap_contains_block(heap, p));
        fill(p, next, 1);
        size = next;
    }
    /* a block that moves goes to the heap of the call */
    p = mi_heap_realloc(heap, mi_malloc(100), 200000);
    ck_assert(mi_heap_contains_block(heap, p));
    p = mi_heap_reallocf(heap, p, 400000);
    p = mi_heap_reallocn(heap, p, 1000, 1000);
    ck_assert(mi_heap_contains_block(heap, p));
    mi_heap_destroy(heap);
}
END_TEST

/* Also a block that could move by its mapping: mi_realloc takes it out of its heap. */
START_TEST(reallocation_of_mappings) {
    enum { HUGE_BLOCK = 200 << 20 };
    mi_heap_t *heap = mi_heap_new();
    unsigned char *p = mi_heap_malloc(heap, HUGE_BLOCK);
    if (p == NULL) {
        printf("heap: no memory for a block of %d bytes\n", HUGE_BLOCK);
        mi_heap_delete(heap);
        return;
    }
    p[0] = 1;
    unsigned char *next = mi_malloc(100), *q = mi_realloc(p, (size_t)HUGE_BLOCK + 300 * MIB);
    ck_assert_ptr_nonnull(q);
    ck_assert_int_eq(q[0], 1);
    if (q != p)
        ck_assert(mi_heap_contains_block(mi_heap_get_default(), q));
    mi_free(next);
    unsigned char *r = mi_heap_realloc(heap, q, (size_t)HUGE_BLOCK + 800 * MIB);
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(r[0], 1);
    if (r != q)
        ck_assert(mi_heap_contains_block(heap, r));
    mi_free(r);
    mi_heap_destroy(heap);
}
END_TEST

static void *free_blocks_elsewhere(void *unused) {
    (void)unused;
    check_and_free_blocks();
    return NULL;
}

START_TEST(other_threads_free) {
    mi_heap_t *heap = mi_heap_new();
    for (int round = 0; round < 5; round++) {
        pthread_t thread;
        fill_heap(heap);
        ck_assert_int_eq(pthread_create(&thread, NULL, free_blocks_elsewhere, NULL), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
    }
    mi_heap_collect(heap, true);
    mi_heap_destroy(heap);
}
END_TEST

static void *leave_heap_behind(void *unused) {
    (void)unused;
    fill_heap(mi_heap_new());
    return NULL;
}

START_TEST(heap_outlived_by_its_blocks) {
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, leave_heap_behind, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    check_and_free_blocks();
}
END_TEST

static void *get_backing(void *unused) {
    (void)unused;
    return mi_heap_get_backing();
}

START_TEST(threads_have_their_own) {
    pthread_t thread;
    void *own = mi_heap_get_backing(), *other;
    ck_assert_int_eq(pthread_create(&thread, NULL, get_backing, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, &other), 0);
    ck_assert_ptr_nonnull(other);
    ck_assert_ptr_ne(other, own);
}
END_TEST

START_TEST(collect) {
    mi_heap_t *heap = mi_heap_new();
    fill_heap(heap);
    mi_heap_collect(heap, false);
    mi_heap_collect(heap, true);
    mi_heap_collect(NULL, true);
    check_and_free_blocks();
    mi_heap_collect(heap, true);
    mi_heap_delete(heap);
}
END_TEST

START_TEST(strings) {
    mi_heap_t *heap = mi_heap_new();
    char buffer[PATH_MAX], expected[PATH_MAX];
    char *s = mi_heap_strdup(heap, "hello");
    char *t = mi_heap_strndup(heap, "hello", 2);
    char *path = mi_heap_realpath(heap, ".", NULL);
    ck_assert_str_eq(s, "hello");
    ck_assert_str_eq(t, "he");
    ck_assert_ptr_nonnull(realpath(".", expected));
    ck_assert_str_eq(path, expected);
    ck_assert(mi_heap_contains_block(heap, s));
    ck_assert(mi_heap_contains_block(heap, t));
    ck_assert(mi_heap_contains_block(heap, path));
    ck_assert_ptr_eq(mi_heap_realpath(heap, "/", buffer), buffer);
    ck_assert_str_eq(buffer, "/");
    ck_assert_ptr_null(mi_heap_strdup(heap, NULL));
    ck_assert_ptr_null(mi_heap_strndup(heap, NULL, 3));
    ck_assert_fails(mi_heap_realpath(heap, "/no/such/file", NULL), ENOENT);
    mi_heap_destroy(heap);
}
END_TEST

struct item {
    double value;
    char name[20];
};

START_TEST(typed) {
    struct item *one = mi_malloc_tp(struct item);
    struct item *zero = mi_zalloc_tp(struct item);
    struct item *zeros = mi_calloc_tp(struct item, 10);
    struct item *many = mi_mallocn_tp(struct item, 10);
    ck_assert(one != NULL && zero != NULL && zeros != NULL && many != NULL);
    ck_assert_uint_ge(mi_usable_size(one), sizeof(struct item));
    ck_assert_uint_ge(mi_usable_size(many), 10 * sizeof(struct item));
    ck_assert(is_zero(zero, sizeof(*zero)));
    ck_assert(is_zero(zeros, 10 * sizeof(*zeros)));
    many = mi_reallocn_tp(many, struct item, 20);
    ck_assert_uint_ge(mi_usable_size(many), 20 * sizeof(struct item));
    zeros = mi_recalloc_tp(zeros, struct item, 500);
    ck_assert(is_zero(zeros, 500 * sizeof(*zeros)));
    mi_free(one);
    mi_free(zero);
    mi_free(zeros);
    mi_free(many);
}
END_TEST

START_TEST(typed_in_heap) {
    mi_heap_t *heap = mi_heap_new();
    struct item *one = mi_heap_malloc_tp(heap, struct item);
    struct item *zero = mi_heap_zalloc_tp(heap, struct item);
    struct item *zeros = mi_heap_calloc_tp(heap, struct item, 10);
    struct item *many = mi_heap_mallocn_tp(heap, struct item, 10);
    ck_assert(is_zero(zero, sizeof(*zero)));
    ck_assert(is_zero(zeros, 10 * sizeof(*zeros)));
    many = mi_heap_reallocn_tp(heap, many, struct item, 20);
    zeros = mi_heap_recalloc_tp(heap, zeros, struct item, 500);
    ck_assert(is_zero(zeros, 500 * sizeof(*zeros)));
    ck_assert(mi_heap_contains_block(heap, one));
    ck_assert(mi_heap_contains_block(heap, zero));
    ck_assert(mi_heap_contains_block(heap, zeros));
    ck_assert(mi_heap_contains_block(heap, many));
    mi_heap_destroy(heap);
}
END_TEST

RUN_SUITE("heap", every_size, failures, delete_keeps_blocks, destroy_frees_blocks,
          thousands_of_heaps, heaps_do_not_mix, default_heap, default_heap_deleted_or_destroyed,
          backing_heap_stays, reallocation, reallocation_of_mappings, other_threads_free,
          heap_outlived_by_its_blocks, threads_have_their_own, collect, strings, typed,
          typed_in_heap)
