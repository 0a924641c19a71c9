/* SPDX-License-Identifier: MIT */
/* Chapter "basic". */
#include "../sanitized.h"
#include "support.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* Every way to get a block of `size` bytes. */
static void *by_calloc(size_t size) {
    return mi_calloc(1, size);
}
static void *by_calloc_swapped(size_t size) {
    return mi_calloc(size, 1);
}
static void *by_mallocn(size_t size) {
    return mi_mallocn(size, 1);
}
static void *by_zallocn(size_t size) {
    return mi_zallocn(1, size);
}
static void *by_realloc(size_t size) {
    return mi_realloc(NULL, size);
}
static void *by_rezalloc(size_t size) {
    return mi_rezalloc(NULL, size);
}
static void *by_reallocn(size_t size) {
    return mi_reallocn(NULL, 1, size);
}
static void *by_recalloc(size_t size) {
    return mi_recalloc(NULL, size, 1);
}
static void *by_reallocf(size_t size) {
    return mi_reallocf(NULL, size);
}

static const struct {
    const char *name;
    void *(*allocate)(size_t size);
    bool is_zeroing;
} allocators[] = {{"malloc", mi_malloc, false},     {"zalloc", mi_zalloc, true},
                  {"calloc", by_calloc, true},      {"calloc swapped", by_calloc_swapped, true},
                  {"mallocn", by_mallocn, false},   {"zallocn", by_zallocn, true},
                  {"realloc", by_realloc, false},   {"rezalloc", by_rezalloc, true},
                  {"reallocn", by_reallocn, false}, {"recalloc", by_recalloc, true},
                  {"reallocf", by_reallocf, false}};

START_TEST(every_size) {
    for (size_t a = 0; a < COUNT_OF(allocators); a++) {
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            errno = ERRNO_UNTOUCHED;
            void *p = allocators[a].allocate(sizes[i]);
            ck_assert_msg(p != NULL, "%s(%zu)", allocators[a].name, sizes[i]);
            ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
            ck_assert_msg(is_aligned(p, 16), "%s(%zu)", allocators[a].name, sizes[i]);
            ck_assert_uint_ge(mi_usable_size(p), sizes[i]);
            if (allocators[a].is_zeroing) {
                ck_assert_msg(is_zero(p, mi_usable_size(p)), "%s(%zu) is not zero",
                              allocators[a].name, sizes[i]);
            }
            memset(whole(p), 0xa5, mi_usable_size(p)); /* dirt for who gets it next */
            mi_free(p);
            ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
        }
    }
}
END_TEST

START_TEST(small_sizes_do_not_overlap) {
    enum { LIVE = 600 };
    static unsigned char *blocks[LIVE];
    for (size_t i = 0; i < LIVE; i++) {
        blocks[i] = mi_malloc(i);
        ck_assert_ptr_nonnull(blocks[i]);
        ck_assert(is_aligned(blocks[i], 16));
        fill(blocks[i], i, (unsigned)i);
    }
    for (size_t i = 0; i < LIVE; i++) {
        ck_assert(is_filled(blocks[i], i, (unsigned)i));
        mi_free(blocks[i]);
    }
}
END_TEST

START_TEST(size_zero_is_unique) {
    for (size_t a = 0; a < COUNT_OF(allocators); a++) {
        void *p = allocators[a].allocate(0);
        void *q = allocators[a].allocate(0);
        ck_assert_ptr_nonnull(p);
        ck_assert_ptr_nonnull(q);
        ck_assert_ptr_ne(p, q);
        mi_free(p);
        mi_free(q);
    }
}
END_TEST

START_TEST(excessive_sizes_fail) {
    void *old = mi_malloc(100);
    fill(old, 100, 1);
    for (size_t i = 0; i < COUNT_OF(excessive_sizes); i++) {
        size_t size = excessive_sizes[i];
        for (size_t a = 0; a < COUNT_OF(allocators); a++) {
            ck_assert_fails(allocators[a].allocate(size), ENOMEM);
        }
        ck_assert_fails(mi_realloc(old, size), ENOMEM);
        ck_assert_fails(mi_rezalloc(old, size), ENOMEM);
        ck_assert_fails(mi_reallocn(old, size, 1), ENOMEM);
        ck_assert_fails(mi_recalloc(old, 1, size), ENOMEM);
        ck_assert_ptr_null(mi_expand(old, size));
        ck_assert(is_filled(old, 100, 1));
    }
    mi_free(old);
}
END_TEST

START_TEST(overflow_fails) {
    void *old = mi_malloc(100);
    fill(old, 100, 2);
    for (size_t i = 0; i < COUNT_OF(overflows); i++) {
        size_t count = overflows[i].count;
        size_t size = overflows[i].size;
        ck_assert_fails(mi_calloc(count, size), ENOMEM);
        ck_assert_fails(mi_mallocn(count, size), ENOMEM);
        ck_assert_fails(mi_zallocn(count, size), ENOMEM);
        ck_assert_fails(mi_reallocn(NULL, count, size), ENOMEM);
        ck_assert_fails(mi_recalloc(NULL, count, size), ENOMEM);
        ck_assert_fails(mi_reallocn(old, count, size), ENOMEM);
        ck_assert_fails(mi_recalloc(old, count, size), ENOMEM);
        ck_assert(is_filled(old, 100, 2));
    }
    mi_free(old);
}
END_TEST

START_TEST(products_of_zero) {
    void *p = mi_calloc(0, too_large);
    void *q = mi_calloc(too_large, 0);
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_nonnull(q);
    ck_assert_ptr_ne(p, q);
    mi_free(p);
    mi_free(q);
}
END_TEST

START_TEST(free_null_keeps_errno) {
    errno = ERRNO_UNTOUCHED;
    mi_free(NULL);
    mi_free(NULL);
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
}
END_TEST

/* From every size to every size: the common part stays. */
START_TEST(realloc_keeps_contents) {
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (size_t k = i % 3; k < COUNT_OF(sizes); k += 3) {
            size_t from = sizes[i], to = sizes[k];
            size_t common = from < to ? from : to;
            if (from + to > 6 * MIB && i % 2 == 0) {
                continue; /* half of the large ones are enough */
            }
            void *p = mi_malloc(from);
            fill(p, from, 3);
            errno = ERRNO_UNTOUCHED;
            void *q = mi_realloc(p, to);
            ck_assert_ptr_nonnull(q);
            ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
            ck_assert(is_aligned(q, 16));
            ck_assert_uint_ge(mi_usable_size(q), to);
            ck_assert_msg(is_filled(q, common, 3), "%zu to %zu", from, to);
            memset(q, 0x5a, to);
            mi_free(q);
        }
    }
}
END_TEST

START_TEST(realloc_grows_step_by_step) {
    size_t size = 1;
    void *p = NULL;
    while (size < 5 * MIB) {
        size_t next = size + size / 5 + 1;
        p = mi_realloc(p, next);
        ck_assert_ptr_nonnull(p);
        ck_assert(size == 1 || is_filled(p, size, 4));
        fill(p, next, 4);
        size = next;
    }
    while (size > 1) {
        size = size * 2 / 3;
        p = mi_realloc(p, size);
        ck_assert_ptr_nonnull(p);
        ck_assert(is_filled(p, size, 4));
    }
    mi_free(p);
}
END_TEST

START_TEST(realloc_to_zero_gives_a_block) {
    void *p = mi_realloc(mi_malloc(1000), 0);
    void *q = mi_realloc(mi_malloc(10), 0);
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_nonnull(q);
    ck_assert_ptr_ne(p, q);
    mi_free(p);
    mi_free(q);
}
END_TEST

/* A chain of sizes up and down: what lies beyond the last size asked for is zero after growing,
   also where a longer life of the block had left data. */
static void *step_rezalloc(void *p, size_t size) {
    return mi_rezalloc(p, size);
}
static void *step_recalloc(void *p, size_t size) {
    return size % 4 == 0 ? mi_recalloc(p, size / 4, 4) : mi_recalloc(p, size, 1);
}

START_TEST(zero_chains) {
    static const size_t chain[] = {
        1,       10,           16,   20,     3,    40,     30,     31,     100,   90,      200,
        1000,    500,          2000, 1990,   4096, 4000,   4090,   33000,  32000, 40000,   100000,
        99999,   100001,       10,   500000, 40,   600000, 590000, 595000, MIB,   MIB - 9, 3 * MIB,
        2 * MIB, 2 * MIB + 77, 0,    5,      9000};
    void *(*const steps[])(void *, size_t) = {step_rezalloc, step_recalloc};
    for (size_t s = 0; s < COUNT_OF(steps); s++) {
        size_t size = 7;
        unsigned char *p = mi_zalloc(size);
        fill(p, size, 5);
        for (size_t i = 0; i < COUNT_OF(chain); i++) {
            size_t next = chain[i];
            size_t common = size < next ? size : next;
            p = steps[s](p, next);
            ck_assert_ptr_nonnull(p);
            ck_assert_msg(is_filled(p, common, 5), "%zu to %zu", size, next);
            ck_assert_msg(is_zero(p + common, next - common), "%zu to %zu is not zero", size, next);
            fill(p, next, 5);
            size = next;
        }
        mi_free(p);
    }
}
END_TEST

/* In a chain of small steps most happen within one block. */
START_TEST(zero_chain_byte_by_byte) {
    unsigned char *p = mi_zalloc(0);
    for (size_t size = 1; size <= 3000; size++) {
        p = mi_rezalloc(p, size);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq(p[size - 1], 0);
        p[size - 1] = 0xff;
        if (size % 7 == 0) { /* back by three bytes, and their contents are gone */
            p = mi_rezalloc(p, size - 3);
            p = mi_rezalloc(p, size);
            ck_assert(is_zero(p + size - 3, 3));
            memset(p + size - 3, 0xff, 3);
        }
    }
    mi_free(p);
}
END_TEST

START_TEST(reallocf_frees_on_failure) {
    void *p = mi_malloc(1000);
    ck_assert(mi_check_owned(p));
    ck_assert_fails(mi_reallocf(p, too_large), ENOMEM);
    ck_assert(!mi_check_owned(p));
    p = mi_reallocf(mi_malloc(10), 100000);
    ck_assert_ptr_nonnull(p);
    mi_free(p);
}
END_TEST

/* Not the start of a block: that is told, and nothing is freed. */
static int errors_told;

static void note_error(int error, UNUSED void *arg) {
    ck_assert_int_eq(error, EINVAL);
    errors_told++;
}

START_TEST(no_block_to_resize) {
    enum { ROOM = 64, LATER = 1000 };
    static void *later[LATER];
    if (IS_SANITIZED) {
        printf("basic: a sanitizer ends programs that do such things\n");
        return;
    }
    char *p = mi_malloc(ROOM);
    fill((unsigned char *)p, ROOM, 1);
    char *volatile inside = p + ROOM / 4;
    mi_register_error(note_error, NULL);
    ck_assert_fails(mi_reallocf(inside, LATER), EINVAL);
    ck_assert_int_eq(errors_told, 1);
    ck_assert_fails(mi_heap_reallocf(mi_heap_get_backing(), inside, LATER), EINVAL);
    ck_assert_int_eq(errors_told, 2);
    ck_assert_ptr_null(mi_expand(inside, 0));
    ck_assert_ptr_null(mi_expand(inside, 10));
    mi_register_error(NULL, NULL);
    for (int i = 0; i < LATER; i++) {
        later[i] = mi_malloc(ROOM);
        ck_assert_ptr_ne(later[i], inside);
    }
    for (int i = 0; i < LATER; i++)
        mi_free(later[i]);
    ck_assert(is_filled((unsigned char *)p, ROOM, 1));
    mi_free(p);
}
END_TEST

START_TEST(expand_in_place) {
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        void *p = mi_malloc(sizes[i]);
        size_t usable = mi_usable_size(p);
        fill(p, usable, 6);
        ck_assert_ptr_eq(mi_expand(p, sizes[i]), p);
        ck_assert_ptr_eq(mi_expand(p, usable), p);
        ck_assert_ptr_eq(mi_expand(p, sizes[i] / 2), p);
        ck_assert_ptr_null(mi_expand(p, excessive_sizes[i % COUNT_OF(excessive_sizes)]));
        ck_assert(is_filled(p, sizes[i] / 2, 6));
        mi_free(p);
    }
    ck_assert_ptr_null(mi_expand(NULL, 10));
}
END_TEST

START_TEST(strings) {
    static const struct {
        const char *string;
        size_t limit;
        const char *expected;
    } cases[] = {{"", 0, ""},
                 {"", 5, ""},
                 {"a", 0, ""},
                 {"hello", 3, "hel"},
                 {"hello", 5, "hello"},
                 {"hello", 6, "hello"},
                 {"hello", SIZE_MAX, "hello"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *copy = mi_strndup(cases[i].string, cases[i].limit);
        ck_assert_str_eq(copy, cases[i].expected);
        mi_free(copy);
        copy = mi_strdup(cases[i].string);
        ck_assert_str_eq(copy, cases[i].string);
        ck_assert_ptr_ne(copy, cases[i].string);
        mi_free(copy);
    }
}
END_TEST

START_TEST(string_without_end) {
    const char letters[3] = {'a', 'b', 'c'};
    char *copy = mi_strndup(letters, 3);
    ck_assert_str_eq(copy, "abc");
    mi_free(copy);
}
END_TEST

START_TEST(null_strings) {
    errno = ERRNO_UNTOUCHED;
    ck_assert_ptr_null(mi_strdup(NULL));
    ck_assert_ptr_null(mi_strndup(NULL, 10));
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
}
END_TEST

START_TEST(long_string) {
    char *s = mi_malloc(3 * MIB);
    memset(s, 'x', 3 * MIB - 1);
    s[3 * MIB - 1] = '\0';
    char *copy = mi_strdup(s);
    ck_assert_str_eq(copy, s);
    mi_free(copy);
    mi_free(s);
}
END_TEST

START_TEST(real_paths) {
    char buffer[PATH_MAX], expected[PATH_MAX];
    static const char *const names[] = {"/", ".", "..", "/proc/../", "/usr/lib/.."};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ck_assert_ptr_nonnull(realpath(names[i], expected));
        errno = ERRNO_UNTOUCHED;
        char *path = mi_realpath(names[i], NULL);
        ck_assert_ptr_nonnull(path);
        ck_assert_str_eq(path, expected);
        ck_assert(mi_check_owned(path));
        mi_free(path);
        ck_assert_ptr_eq(mi_realpath(names[i], buffer), buffer);
        ck_assert_str_eq(buffer, expected);
        ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
    }
}
END_TEST

START_TEST(real_path_errors) {
    char buffer[PATH_MAX];
    ck_assert_fails(mi_realpath("/no/such/file", NULL), ENOENT);
    ck_assert_fails(mi_realpath("/no/such/file", buffer), ENOENT);
    ck_assert_fails(mi_realpath("", NULL), ENOENT);
    ck_assert_fails(mi_realpath(NULL, NULL), EINVAL);
}
END_TEST

RUN_SUITE("basic", every_size, small_sizes_do_not_overlap, size_zero_is_unique,
          excessive_sizes_fail, overflow_fails, products_of_zero, free_null_keeps_errno,
          realloc_keeps_contents, realloc_grows_step_by_step, realloc_to_zero_gives_a_block,
          zero_chains, zero_chain_byte_by_byte, reallocf_frees_on_failure, no_block_to_resize,
          expand_in_place, strings, string_without_end, null_strings, long_string, real_paths,
          real_path_errors)
