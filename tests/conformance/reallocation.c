/* SPDX-License-Identifier: MIT */
/* Reallocation: contents, size 0, failure. */
#include "names.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- Size 0 ------------------------------------------------------------------------------------
 */

/* As glibc: the block is freed, and that is no failure. */
static void realloc_to_0_frees(void) {
    static const size_t sizes[] = {0, 1, 100, 5000, 100000, 3000000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        errno = ERRNO_UNTOUCHED;
        void *p = names()->malloc(HIDDEN(sizes[i]));
        p = names()->realloc(p, HIDDEN(0));
        expect(p == NULL && errno == ERRNO_UNTOUCHED, "realloc(%zu bytes, 0): %p, errno %d",
               sizes[i], p, errno);
        if (names()->reallocarray != NULL) {
            p = names()->malloc(HIDDEN(sizes[i]));
            p = names()->reallocarray(p, HIDDEN(0), 8);
            expect(p == NULL && errno == ERRNO_UNTOUCHED, "reallocarray(%zu bytes, 0, 8): %p",
                   sizes[i], p);
        }
    }
    /* Freed indeed: this much would not fit otherwise. */
    if (limit_address_space(256 * MIB)) {
        for (int i = 0; i < 2000; i++) {
            void *p = names()->malloc(HIDDEN(MIB));
            expect(p != NULL, "turn %d: realloc(p, 0) did not free", i);
            p = names()->realloc(p, HIDDEN(0));
        }
        limit_no_more();
    }
}

/* The functions of mimalloc.h have a block of size 0 there. */
static void realloc_to_0_gives_a_block(void) {
    void *p = names()->realloc(names()->malloc(1000), HIDDEN(0));
    void *q = names()->realloc(names()->malloc(10), HIDDEN(0));
    expect(is_served(p) && is_served(q) && p != q, "realloc(p, 0): %p and %p", p, q);
    names()->free(p);
    names()->free(q);
}

static void realloc_of_null_allocates(void) {
    for (size_t size = 0; size < MIB; size += size / 2 + 1) {
        errno = ERRNO_UNTOUCHED;
        void *p = names()->realloc(NULL, HIDDEN(size));
        expect(is_served(p) && errno == ERRNO_UNTOUCHED, "realloc(NULL, %zu)", size);
        memset(p, 1, size);
        names()->free(p);
    }
}

/* ---- Contents ----------------------------------------------------------------------------------
 */

static const size_t chain[] = {1,      17,      16,      100,       64,           1000,   990,
                               4096,   4097,    10,      5000,      40000,        33000,  70000,
                               300000, 250000,  100,     600000,    MIB,          900000, 3 * MIB,
                               MIB,    4 * MIB, 5 * MIB, 2 * MIB,   600000,       9,      8,
                               0x8000, 0x8001,  0x7fff,  512 * KIB, 512 * KIB + 1};

/* From every size to every other. */
static void contents_stay(void) {
    for (size_t i = 0; i < COUNT_OF(chain); i++) {
        for (size_t k = 0; k < COUNT_OF(chain); k++) {
            size_t from = chain[i], to = chain[k], common = from < to ? from : to;
            if (from + to > 3 * MIB && (i + k) % 5 != 0) {
                continue; /* a part of the large ones is enough */
            }
            unsigned char *p = names()->malloc(HIDDEN(from));
            fill(p, from, 3);
            errno = ERRNO_UNTOUCHED;
            p = names()->realloc(p, HIDDEN(to));
            expect(is_served(p) && errno == ERRNO_UNTOUCHED, "%zu to %zu: errno %d", from, to,
                   errno);
            expect((uintptr_t)p % least_alignment() == 0, "%zu to %zu: %p", from, to, (void *)p);
            expect(is_filled(p, common, 3), "%zu to %zu: contents changed", from, to);
            memset(p, 0x5a, to);
            names()->free(p);
        }
    }
}

static void contents_stay_in_a_chain(void) {
    unsigned char *p = names()->malloc(HIDDEN(50));
    fill(p, 50, 4);
    size_t size = 50;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT_OF(chain); i++) {
            size_t next = chain[i], common = size < next ? size : next;
            p = names()->realloc(p, HIDDEN(next));
            expect(p != NULL && is_filled(p, common, 4), "%zu to %zu: contents changed", size,
                   next);
            fill(p, next, 4);
            size = next;
        }
    }
    names()->free(p);
}

/* In no order, with neighbours that would suffer. */
static void contents_stay_among_many(void) {
    enum { LIVE = 64, TURNS = 8000 };
    static struct {
        unsigned char *p;
        size_t size;
        unsigned seed;
    } live[LIVE];
    uint32_t random = 99;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        random = random * 1664525 + 1013904223;
        size_t i = random >> 26;
        size_t size = 1 + (random >> 3) % (8u << (random >> 12 & 15));
        size_t common = size < live[i].size ? size : live[i].size;
        unsigned char *p = names()->realloc(live[i].p, HIDDEN(size));
        expect(p != NULL && (common == 0 || is_filled(p, common, live[i].seed)),
               "turn %u, %zu to %zu: contents changed", turn, live[i].size, size);
        fill(p, size, turn);
        live[i].p = p;
        live[i].size = size;
        live[i].seed = turn;
    }
    for (size_t i = 0; i < LIVE; i++) {
        expect(live[i].p == NULL || is_filled(live[i].p, live[i].size, live[i].seed),
               "slot %zu: contents changed", i);
        names()->free(live[i].p);
        live[i].p = NULL;
        live[i].size = 0;
    }
}

static void arrays_keep_contents(void) {
    if (names()->reallocarray == NULL) {
        return;
    }
    unsigned char *p = NULL;
    size_t size = 0;
    for (size_t count = 1; count < 20000; count += count / 2 + 1) {
        p = names()->reallocarray(p, HIDDEN(count), 24);
        expect(is_served(p) && is_filled(p, size, 5), "reallocarray(p, %zu, 24)", count);
        size = count * 24;
        fill(p, size, 5);
    }
    names()->free(p);
}

/* ---- Failure -----------------------------------------------------------------------------------
 */

static void failure_leaves_the_block(void) {
    static const size_t sizes[] = {0, 1, 100, 5000, 100000, 3000000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (size_t distance = 0; distance < 200; distance++) {
            void *old = names()->malloc(HIDDEN(sizes[i]));
            fill(old, sizes[i], 6);
            expect_fails(names()->realloc(old, HIDDEN(SIZE_MAX - distance)), ENOMEM, "%p, errno %d",
                         result_of_call, errno_of_call);
            expect_fails(names()->realloc(old, HIDDEN((size_t)PTRDIFF_MAX + 1 + distance)), ENOMEM,
                         "%p, errno %d", result_of_call, errno_of_call);
            if (distance < 3 && IS_WIDE) {
                expect_fails(names()->realloc(old, HIDDEN((size_t)PTRDIFF_MAX - distance)), ENOMEM,
                             "%p, errno %d", result_of_call, errno_of_call);
            }
            expect(distance % 50 != 0 || is_filled(old, sizes[i], 6), "the old block changed");
            old = names()->realloc(old, HIDDEN(sizes[i] + 1));
            expect(old != NULL, "the old block cannot be reallocated");
            names()->free(old);
        }
    }
}

/* Memory is there for the old block only. */
static void failure_under_a_limit_leaves_the_block(void) {
    static const size_t sizes[] = {100, 40000, 3000000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        unsigned char *old = names()->malloc(HIDDEN(sizes[i]));
        fill(old, sizes[i], 6);
        if (limit_address_space(64 * MIB)) {
            expect_fails(names()->realloc(old, HIDDEN(BEYOND_LIMITS)), ENOMEM, "%p, errno %d",
                         result_of_call, errno_of_call);
            expect(is_filled(old, sizes[i], 6), "the old block of %zu bytes changed", sizes[i]);
            limit_no_more();
        }
        names()->free(old);
    }
}

static void reallocf_frees_on_failure(void) {
    if (names()->reallocf == NULL) {
        return;
    }
    void *p = names()->reallocf(names()->malloc(10), HIDDEN(1000));
    expect(is_served(p), "reallocf");
    expect_fails(names()->reallocf(p, HIDDEN(SIZE_MAX - 8)), ENOMEM, "%p, errno %d", result_of_call,
                 errno_of_call);
    if (limit_address_space(256 * MIB)) {
        for (int i = 0; i < 2000; i++) {
            p = names()->malloc(HIDDEN(MIB));
            expect(p != NULL, "turn %d: a failing reallocf did not free", i);
            expect_fails(names()->reallocf(p, HIDDEN(SIZE_MAX - 8)), ENOMEM, "%p, errno %d",
                         result_of_call, errno_of_call);
        }
        limit_no_more();
    }
}

const struct rule reallocation_rules[] = {
#ifdef __GLIBC__
    {"A3", "realloc to size 0 frees", realloc_to_0_frees, BY_NATIVE,
     "mimalloc.h says that there is a block of size 0 then"},
#else
    {"A3", "realloc to size 0 frees", realloc_to_0_frees, BY_LIBC,
     "mimalloc.h says that there is a block of size 0 then; to C it is undefined"},
#endif
    {"A3", "realloc to size 0 gives a block", realloc_to_0_gives_a_block, BY_MI,
     "the names of the C library free"},
    {"A2", "realloc of NULL allocates", realloc_of_null_allocates, BY_ALL, NULL},
    {"A15", "contents stay", contents_stay, BY_ALL, NULL},
    {"A15", "contents stay in a chain", contents_stay_in_a_chain, BY_ALL, NULL},
    {"A15", "contents stay among many", contents_stay_among_many, BY_ALL, NULL},
    {"A15", "arrays keep their contents", arrays_keep_contents, BY_ALL, NULL},
    {"A16", "failure leaves the block", failure_leaves_the_block, BY_ALL, NULL},
    {"A16", "failure under a limit leaves the block", failure_under_a_limit_leaves_the_block,
     BY_ALL, NULL},
    {"A16", "reallocf frees on failure", reallocf_frees_on_failure, BY_ALL, NULL},
    {NULL, NULL, NULL, 0, NULL},
};
