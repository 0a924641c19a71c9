/* SPDX-License-Identifier: MIT */
/* Chapter "aligned", with the functions of heaps. */
#include "support.h"

static mi_heap_t *heap; /* for the functions that take one; NULL: the default heap */

/* Every function as "reallocate p": those that only allocate are called with NULL. */
typedef void *(*aligned_fun)(void *p, size_t size, size_t alignment, size_t offset);

#define PLAIN(name, call)                                                                          \
    static void *name(void *p, size_t size, size_t alignment, size_t offset) {                     \
        (void)p;                                                                                   \
        (void)offset;                                                                              \
        return call;                                                                               \
    }

PLAIN(malloc_aligned, mi_malloc_aligned(size, alignment))
PLAIN(zalloc_aligned, mi_zalloc_aligned(size, alignment))
PLAIN(calloc_aligned, mi_calloc_aligned(1, size, alignment))
PLAIN(realloc_aligned, mi_realloc_aligned(p, size, alignment))
PLAIN(rezalloc_aligned, mi_rezalloc_aligned(p, size, alignment))
PLAIN(recalloc_aligned, mi_recalloc_aligned(p, size, 1, alignment))
PLAIN(malloc_aligned_at, mi_malloc_aligned_at(size, alignment, offset))
PLAIN(zalloc_aligned_at, mi_zalloc_aligned_at(size, alignment, offset))
PLAIN(calloc_aligned_at, mi_calloc_aligned_at(size, 1, alignment, offset))
PLAIN(realloc_aligned_at, mi_realloc_aligned_at(p, size, alignment, offset))
PLAIN(rezalloc_aligned_at, mi_rezalloc_aligned_at(p, size, alignment, offset))
PLAIN(recalloc_aligned_at, mi_recalloc_aligned_at(p, 1, size, alignment, offset))
PLAIN(heap_malloc_aligned, mi_heap_malloc_aligned(heap, size, alignment))
PLAIN(heap_zalloc_aligned, mi_heap_zalloc_aligned(heap, size, alignment))
PLAIN(heap_calloc_aligned, mi_heap_calloc_aligned(heap, 1, size, alignment))
PLAIN(heap_realloc_aligned, mi_heap_realloc_aligned(heap, p, size, alignment))
PLAIN(heap_rezalloc_aligned, mi_heap_rezalloc_aligned(heap, p, size, alignment))
PLAIN(heap_recalloc_aligned, mi_heap_recalloc_aligned(heap, p, size, 1, alignment))
PLAIN(heap_malloc_aligned_at, mi_heap_malloc_aligned_at(heap, size, alignment, offset))
PLAIN(heap_zalloc_aligned_at, mi_heap_zalloc_aligned_at(heap, size, alignment, offset))
PLAIN(heap_calloc_aligned_at, mi_heap_calloc_aligned_at(heap, size, 1, alignment, offset))
PLAIN(heap_realloc_aligned_at, mi_heap_realloc_aligned_at(heap, p, size, alignment, offset))
PLAIN(heap_rezalloc_aligned_at, mi_heap_rezalloc_aligned_at(heap, p, size, alignment, offset))
PLAIN(heap_recalloc_aligned_at, mi_heap_recalloc_aligned_at(heap, p, 1, size, alignment, offset))

static const struct {
    const char *name;
    aligned_fun function;
    bool is_zeroing, is_reallocating, has_offset;
} functions[] = {
    {"malloc_aligned", malloc_aligned, false, false, false},
    {"zalloc_aligned", zalloc_aligned, true, false, false},
    {"calloc_aligned", calloc_aligned, true, false, false},
    {"realloc_aligned", realloc_aligned, false, true, false},
    {"rezalloc_aligned", rezalloc_aligned, true, true, false},
    {"recalloc_aligned", recalloc_aligned, true, true, false},
    {"malloc_aligned_at", malloc_aligned_at, false, false, true},
    {"zalloc_aligned_at", zalloc_aligned_at, true, false, true},
    {"calloc_aligned_at", calloc_aligned_at, true, false, true},
    {"realloc_aligned_at", realloc_aligned_at, false, true, true},
    {"rezalloc_aligned_at", rezalloc_aligned_at, true, true, true},
    {"recalloc_aligned_at", recalloc_aligned_at, true, true, true},
    {"heap_malloc_aligned", heap_malloc_aligned, false, false, false},
    {"heap_zalloc_aligned", heap_zalloc_aligned, true, false, false},
    {"heap_calloc_aligned", heap_calloc_aligned, true, false, false},
    {"heap_realloc_aligned", heap_realloc_aligned, false, true, false},
    {"heap_rezalloc_aligned", heap_rezalloc_aligned, true, true, false},
    {"heap_recalloc_aligned", heap_recalloc_aligned, true, true, false},
    {"heap_malloc_aligned_at", heap_malloc_aligned_at, false, false, true},
    {"heap_zalloc_aligned_at", heap_zalloc_aligned_at, true, false, true},
    {"heap_calloc_aligned_at", heap_calloc_aligned_at, true, false, true},
    {"heap_realloc_aligned_at", heap_realloc_aligned_at, false, true, true},
    {"heap_rezalloc_aligned_at", heap_rezalloc_aligned_at, true, true, true},
    {"heap_recalloc_aligned_at", heap_recalloc_aligned_at, true, true, true},
};

enum { SHIFT_MAX = 30 }; /* 1 GiB */

/* Large blocks are looked at in samples: touching all of them would take its time. */
static void dirty(unsigned char *p, size_t size) {
    size_t step = size > 4 * MIB ? size / 64 : 1;
    for (size_t i = 0; i < size; i += step) {
        p[i] = 0xa5;
    }
    if (size > 0) {
        p[size - 1] = 0xa5;
    }
}

static bool is_zero_in_samples(const unsigned char *p, size_t size) {
    size_t step = size > 4 * MIB ? 4096 : 1;
    for (size_t i = 0; i < size; i += step) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

static void check_one(size_t f, size_t size, size_t alignment, size_t offset) {
    unsigned char *p;
    errno = ERRNO_UNTOUCHED;
    p = functions[f].function(NULL, size, alignment, offset);
    ck_assert_msg(p != NULL, "%s(%zu, %zu, %zu): errno %d", functions[f].name, size, alignment,
                  offset, errno);
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
    ck_assert_msg(((uintptr_t)p + (functions[f].has_offset ? offset : 0)) % alignment == 0,
                  "%s(%zu, %zu, %zu) = %p", functions[f].name, size, alignment, offset, (void *)p);
    ck_assert_uint_ge(mi_usable_size(p), size);
    if (functions[f].is_zeroing && size < 64 * MIB) {
        ck_assert(is_zero_in_samples(p, size));
    }
    dirty(p, size);
    mi_free(p);
    ck_assert_int_eq(errno, ERRNO_UNTOUCHED);
}

START_TEST(every_alignment) {
    for (size_t f = 0; f < COUNT_OF(functions); f++) {
        for (unsigned shift = 0; shift <= SHIFT_MAX; shift++) {
            size_t alignment = (size_t)1 << shift;
            const size_t tried[] = {
                0, 1, 8, 100, 1025, alignment / 2 + 3, alignment, alignment + 1, 3 * alignment};
            for (size_t i = 0; i < COUNT_OF(tried); i++) {
                if (tried[i] <= 4 * MIB || (f % 6 == 0 && shift % 4 == 0)) {
                    check_one(f, tried[i], alignment, 0);
                }
            }
        }
    }
}
END_TEST

START_TEST(every_offset) {
    for (size_t f = 0; f < COUNT_OF(functions); f++) {
        for (unsigned shift = 0; shift <= SHIFT_MAX; shift += shift < 14 ? 1 : 4) {
            size_t alignment = (size_t)1 << shift;
            const size_t offsets[] = {0,
                                      1,
                                      3,
                                      8,
                                      16,
                                      100,
                                      4095,
                                      4096,
                                      65536,
                                      alignment - 1,
                                      alignment / 2,
                                      alignment,
                                      alignment + 1,
                                      5 * alignment + 24,
                                      SIZE_MAX / 2 + 1,
                                      SIZE_MAX,
                                      SIZE_MAX - 15};
            for (size_t i = 0; functions[f].has_offset && i < COUNT_OF(offsets); i++) {
                check_one(f, 0, alignment, offsets[i]);
                check_one(f, 24, alignment, offsets[i]);
                check_one(f, 5000, alignment, offsets[i]);
                if (f % 6 == 0) {
                    check_one(f, 100000, alignment, offsets[i]);
                    check_one(f, 3 * MIB, alignment, offsets[i]);
                }
            }
        }
    }
}
END_TEST

START_TEST(many_live_blocks) {
    enum { LIVE = 4000 };
    static unsigned char *blocks[LIVE];
    for (size_t i = 0; i < LIVE; i++) {
        size_t alignment = (size_t)1 << i % 13, size = i * 37 % 2000;
        blocks[i] = i % 2 == 0 ? mi_malloc_aligned(size, alignment)
                               : mi_malloc_aligned_at(size, alignment, 24);
        ck_assert(((uintptr_t)blocks[i] + (i % 2 == 0 ? 0 : 24)) % alignment == 0);
        fill(blocks[i], size, (unsigned)i);
    }
    for (size_t i = 0; i < LIVE; i++) {
        ck_assert(is_filled(blocks[i], i * 37 % 2000, (unsigned)i));
        mi_free(blocks[i]);
    }
}
END_TEST

START_TEST(wrong_alignments_fail) {
    static const size_t wrong[] = {0,
                                   3,
                                   5,
                                   6,
                                   7,
                                   12,
                                   15,
                                   24,
                                   4095,
                                   4097,
                                   ((size_t)1 << 30) + 1,
                                   (size_t)3 << 29,
                                   (size_t)1 << 31,
                                   SIZE_MAX / 2 + 1,
                                   SIZE_MAX};
    void *old = mi_malloc(100);
    fill(old, 100, 1);
    for (size_t f = 0; f < COUNT_OF(functions); f++) {
        for (size_t i = 0; i < COUNT_OF(wrong); i++) {
            ck_assert_fails(functions[f].function(NULL, 10, wrong[i], 0), EINVAL);
            ck_assert_fails(functions[f].function(NULL, 0, wrong[i], 8), EINVAL);
            ck_assert_fails(functions[f].function(old, 1000, wrong[i], 0), EINVAL);
            ck_assert(is_filled(old, 100, 1));
        }
    }
    mi_free(old);
}
END_TEST

START_TEST(excessive_sizes_fail) {
    void *old = mi_malloc(100);
    fill(old, 100, 1);
    for (size_t f = 0; f < COUNT_OF(functions); f++) {
        for (size_t i = 0; i < COUNT_OF(excessive_sizes); i++) {
            for (unsigned shift = 0; shift <= SHIFT_MAX; shift += 5) {
                size_t alignment = (size_t)1 << shift;
                ck_assert_fails(functions[f].function(NULL, excessive_sizes[i], alignment, 0),
                                ENOMEM);
                ck_assert_fails(functions[f].function(NULL, excessive_sizes[i], alignment, 9),
                                ENOMEM);
                ck_assert_fails(functions[f].function(old, excessive_sizes[i], alignment, 0),
                                ENOMEM);
                ck_assert(is_filled(old, 100, 1));
            }
        }
    }
    mi_free(old);
}
END_TEST

START_TEST(overflow_fails) {
    void *old = mi_malloc(100);
    fill(old, 100, 1);
    for (size_t i = 0; i < COUNT_OF(overflows); i++) {
        size_t count = overflows[i].count, size = overflows[i].size;
        ck_assert_fails(mi_calloc_aligned(count, size, 64), ENOMEM);
        ck_assert_fails(mi_calloc_aligned_at(count, size, 64, 8), ENOMEM);
        ck_assert_fails(mi_recalloc_aligned(NULL, count, size, 64), ENOMEM);
        ck_assert_fails(mi_recalloc_aligned_at(NULL, count, size, 64, 8), ENOMEM);
        ck_assert_fails(mi_recalloc_aligned(old, count, size, 64), ENOMEM);
        ck_assert_fails(mi_recalloc_aligned_at(old, count, size, 64, 8), ENOMEM);
        ck_assert_fails(mi_heap_calloc_aligned(NULL, count, size, 64), ENOMEM);
        ck_assert_fails(mi_heap_calloc_aligned_at(NULL, count, size, 64, 8), ENOMEM);
        ck_assert_fails(mi_heap_recalloc_aligned(NULL, old, count, size, 64), ENOMEM);
        ck_assert_fails(mi_heap_recalloc_aligned_at(NULL, old, count, size, 64, 8), ENOMEM);
        ck_assert(is_filled(old, 100, 1));
    }
    mi_free(old);
}
END_TEST

START_TEST(size_zero_is_unique) {
    for (size_t f = 0; f < COUNT_OF(functions); f++) {
        void *p = functions[f].function(NULL, 0, 64, 0);
        void *q = functions[f].function(NULL, 0, 64, 0);
        ck_assert(p != NULL && q != NULL && p != q);
        mi_free(p);
        mi_free(q);
    }
}
END_TEST

/* Contents and alignment stay over a chain of sizes, and zeroing functions zero what is new. */
START_TEST(reallocation_chains) {
    static const size_t chain[] = {
        1,     30,    17,     100,    90,     95, 1000, 4096, 4095, 5000,    40000,   35000,
        70000, 70001, 200000, 199000, 900000, 3,  0,    64,   MIB,  3 * MIB, 2 * MIB, 2 * MIB + 9};
    for (size_t f = 0; f < COUNT_OF(functions); f++) {
        for (unsigned shift = 0; functions[f].is_reallocating && shift <= 22; shift += 2) {
            size_t alignment = (size_t)1 << shift, size = 0;
            size_t offset = functions[f].has_offset ? 40 : 0;
            unsigned char *p = NULL;
            for (size_t i = 0; i < COUNT_OF(chain); i++) {
                size_t next = chain[i], common = size < next ? size : next;
                p = functions[f].function(p, next, alignment, offset);
                ck_assert_ptr_nonnull(p);
                ck_assert_uint_eq(((uintptr_t)p + offset) % alignment, 0);
                ck_assert_msg(is_filled(p, common, 3), "%s: %zu to %zu", functions[f].name, size,
                              next);
                if (functions[f].is_zeroing) {
                    ck_assert_msg(is_zero(p + common, next - common), "%s: %zu to %zu",
                                  functions[f].name, size, next);
                }
                fill(p, next, 3);
                size = next;
            }
            mi_free(p);
        }
    }
}
END_TEST

/* An aligned block given to the unaligned functions. */
START_TEST(realloc_of_aligned_blocks) {
    for (unsigned shift = 4; shift <= 22; shift++) {
        for (size_t offset = 0; offset < 100; offset += 24) {
            unsigned char *p = mi_zalloc_aligned_at(500, (size_t)1 << shift, offset);
            fill(p, 500, 5);
            p = mi_realloc(p, 2000);
            ck_assert(is_filled(p, 500, 5));
            mi_free(p);
            p = mi_zalloc_aligned_at(500, (size_t)1 << shift, offset);
            fill(p, 500, 5);
            p = mi_rezalloc(p, 2000);
            ck_assert(is_filled(p, 500, 5));
            ck_assert(is_zero(p + 500, 1500));
            mi_free(p);
            p = mi_malloc_aligned_at(500, (size_t)1 << shift, offset);
            ck_assert_ptr_eq(mi_expand(p, 500), p);
            mi_free(p);
        }
    }
}
END_TEST

/* A block that has what is asked for stays; one that has not the alignment of plain blocks moves
   where that is meant. */
START_TEST(same_size_and_alignment) {
    static const size_t each[] = {1, 2, 4, 8, 16, 32, 4096};
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        for (size_t offset = 0; offset <= 4096; offset = offset == 0 ? 1 : 2 * offset) {
            unsigned char *p = mi_malloc_aligned_at(1000, each[i], offset);
            ck_assert_ptr_nonnull(p);
            ck_assert_ptr_eq(mi_realloc_aligned_at(p, 1000, each[i], offset), p);
            mi_free(p);
        }
    }
    unsigned char *p = mi_malloc_aligned_at(100, 16, 8);
    ck_assert_uint_eq((uintptr_t)p % 16, 8);
    p = mi_realloc_aligned_at(p, 100, 8, 8);
    ck_assert_uint_eq((uintptr_t)p % 16, 0);
    mi_free(p);
}
END_TEST

START_TEST(blocks_belong_to_the_heap) {
    heap = mi_heap_new();
    for (size_t f = 0; f < COUNT_OF(functions); f++) {
        bool is_heap_function = strncmp(functions[f].name, "heap_", 5) == 0;
        void *p = functions[f].function(NULL, 100, 64, 0);
        ck_assert(mi_heap_contains_block(heap, p) == is_heap_function);
        mi_free(p);
    }
    mi_heap_destroy(heap);
    heap = NULL;
}
END_TEST

RUN_SUITE("aligned", every_alignment, every_offset, many_live_blocks, wrong_alignments_fail,
          excessive_sizes_fail, overflow_fails, size_zero_is_unique, reallocation_chains,
          realloc_of_aligned_blocks, same_size_and_alignment, blocks_belong_to_the_heap)
