/* SPDX-License-Identifier: MIT */
/* Aligned allocation: every alignment, the wrong ones, whole OS pages. */
#include "names.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_power_of_two(size_t x) {
    return x != 0 && (x & (x - 1)) == 0;
}

/* ---- Valid -------------------------------------------------------------------------------------
 */

/* 1 GiB is too much of a 32-bit address space. */
static unsigned shift_max(void) {
    return IS_WIDE ? 30 : 26;
}

static void *by_posix_memalign(size_t alignment, size_t size) {
    void *p = NULL;
    if (alignment < sizeof p) {
        alignment = sizeof p;
    }
    return names()->posix_memalign(&p, alignment, size) == 0 ? p : NULL;
}

/* A block is written, measured, reallocated and freed like any other. */
static void check_aligned(const char *name, size_t alignment, size_t size, unsigned char *p) {
    expect(is_served(p) && (uintptr_t)p % alignment == 0, "%s(%#zx, %zu): %p", name, alignment,
           size, (void *)p);
    size_t usable = names()->usable_size != NULL ? names()->usable_size(p) : size;
    expect(usable >= size, "%s(%#zx, %zu): %zu are usable", name, alignment, size, usable);
    if (size > 4 * MIB) { /* touching all of it would take its time */
        p[0] = p[size - 1] = 1;
        names()->free(p);
        return;
    }
    fill(p, usable < 4 * MIB ? usable : size, 7);
    if (size % 3 == 0) {
        size_t grown = size + size / 2 + 1;
        p = names()->realloc(p, HIDDEN(grown));
        expect(is_served(p) && (uintptr_t)p % least_alignment() == 0, "realloc to %zu", grown);
        expect(is_filled(p, size, 7), "%s(%#zx, %zu), realloc: contents changed", name, alignment,
               size);
    } else if (size % 3 == 1 && size > 1) {
        p = names()->realloc(p, HIDDEN(size / 2));
        expect(is_served(p) && is_filled(p, size / 2, 7),
               "%s(%#zx, %zu), realloc: contents changed", name, alignment, size);
    }
    names()->free(p);
}

static void every_alignment(void) {
    const struct {
        const char *name;
        void *(*allocate)(size_t alignment, size_t size);
    } functions[] = {{"aligned_alloc", names()->aligned_alloc},
                     {"memalign", names()->memalign},
                     {"posix_memalign", by_posix_memalign}};
    errno = ERRNO_UNTOUCHED;
    for (size_t f = 0; f < COUNT_OF(functions); f++) {
        for (unsigned shift = 0; shift <= shift_max(); shift++) {
            size_t alignment = (size_t)1 << shift;
            const size_t sizes[] = {0,
                                    1,
                                    8,
                                    40,
                                    100,
                                    1000,
                                    5000,
                                    100001,
                                    alignment / 2,
                                    alignment / 2 + 1,
                                    alignment - 1,
                                    alignment,
                                    alignment + 1,
                                    2 * alignment,
                                    3 * alignment};
            for (size_t i = 0; i < COUNT_OF(sizes); i++) {
                if (sizes[i] > 64 * MIB) {
                    continue;
                }
                check_aligned(functions[f].name, alignment, sizes[i],
                              functions[f].allocate(alignment, HIDDEN(sizes[i])));
            }
        }
    }
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
}

/* In no order, with many alive at once. */
static void alignments_mixed(void) {
    enum { LIVE = 512, TURNS = 20000 };
    static struct {
        unsigned char *p;
        size_t size;
        unsigned seed;
    } live[LIVE];
    uint32_t random = 12345;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        random = random * 1664525 + 1013904223;
        size_t i = random >> 23;
        unsigned shift = random >> 10 & 15;
        size_t alignment = (size_t)1 << shift;
        size_t size = (random >> 4) % (4u << (random >> 14 & 11));
        if (live[i].p != NULL) {
            expect(is_filled(live[i].p, live[i].size, live[i].seed), "turn %u: contents changed",
                   turn);
            names()->free(live[i].p);
        }
        live[i].p = names()->aligned_alloc(alignment, HIDDEN(size));
        live[i].size = size;
        live[i].seed = turn;
        expect(live[i].p != NULL && (uintptr_t)live[i].p % alignment == 0, "(%zu, %zu): %p",
               alignment, size, (void *)live[i].p);
        fill(live[i].p, size, turn);
    }
    for (size_t i = 0; i < LIVE; i++) {
        names()->free(live[i].p);
        live[i].p = NULL;
    }
}

/* ---- Wrong -------------------------------------------------------------------------------------
 */

static const size_t not_powers[] = {3,
                                    5,
                                    7,
                                    12,
                                    15,
                                    24,
                                    48,
                                    65,
                                    100,
                                    4095,
                                    4097,
                                    SIZE_MAX,
                                    SIZE_MAX - 7,
                                    SIZE_MAX / 2,
                                    SIZE_MAX / 2 + 2,
                                    SIZE_MAX / 4 * 3};

static void posix_memalign_refuses(void) {
    static const size_t small[] = {0, 1, 2, 4};
    int marker;
    void *p = &marker;
    errno = ERRNO_UNTOUCHED;
    for (size_t i = 0; i < COUNT_OF(small); i++) {
        if (small[i] % sizeof(void *) != 0 || small[i] == 0) {
            int error = names()->posix_memalign(&p, HIDDEN(small[i]), 8);
            expect(error == EINVAL, "alignment %zu: %d", small[i], error);
        }
    }
    for (size_t i = 0; i < COUNT_OF(not_powers); i++) {
        int error = names()->posix_memalign(&p, HIDDEN(not_powers[i]), 8);
        expect(error == EINVAL, "alignment %#zx: %d", not_powers[i], error);
        error = names()->posix_memalign(&p, HIDDEN(not_powers[i]), 0);
        expect(error == EINVAL, "alignment %#zx, size 0: %d", not_powers[i], error);
    }
    expect(p == &marker, "the result was touched");
    /* POSIX leaves it open. */
    expect(way->kind == BY_SYSTEM || errno == ERRNO_UNTOUCHED, "errno %d", errno);
}

static void check_posix_memalign_too_large(bool asks_errno) {
    int marker;
    void *p = &marker;
    errno = ERRNO_UNTOUCHED;
    for (unsigned shift = 4; shift <= 20; shift += 4) {
        for (size_t i = 0; i < 1 << 14; i++) {
            int error = names()->posix_memalign(&p, (size_t)1 << shift, HIDDEN(SIZE_MAX - i));
            expect(error == ENOMEM, "(1 << %u, SIZE_MAX - %zu): %d", shift, i, error);
            error = names()->posix_memalign(&p, (size_t)1 << shift,
                                            HIDDEN((size_t)PTRDIFF_MAX + 1 + i));
            expect(error == ENOMEM, "(1 << %u, PTRDIFF_MAX + 1 + %zu): %d", shift, i, error);
        }
    }
    expect(p == &marker, "the result was touched");
    expect(!asks_errno || errno == ERRNO_UNTOUCHED, "errno %d", errno);
}

static void posix_memalign_too_large(void) {
    check_posix_memalign_too_large(false);
}

static void posix_memalign_leaves_errno(void) {
    check_posix_memalign_too_large(true);
}

static void aligned_alloc_refuses(void) {
    for (size_t i = 0; i < COUNT_OF(not_powers); i++) {
        expect_fails(names()->aligned_alloc(HIDDEN(not_powers[i]), 64), EINVAL,
                     "alignment %#zx: %p, errno %d", not_powers[i], result_of_call, errno_of_call);
    }
    expect_fails(names()->aligned_alloc(HIDDEN(0), 64), EINVAL, "alignment 0: %p, errno %d",
                 result_of_call, errno_of_call);
    expect_fails(names()->aligned_alloc(HIDDEN(SIZE_MAX / 2 + 1), 64), EINVAL,
                 "alignment 2^(bits - 1): %p, errno %d", result_of_call, errno_of_call);
}

/* The size need not be a multiple, since C17; 1 is a power of two. */
static void aligned_alloc_allows(void) {
    errno = ERRNO_UNTOUCHED;
    void *p = names()->aligned_alloc(HIDDEN(1), 64);
    expect(is_served(p), "alignment 1");
    names()->free(p);
    for (size_t size = 0; size < 600; size++) {
        p = names()->aligned_alloc(HIDDEN(256), size);
        expect(is_served(p) && (uintptr_t)p % 256 == 0, "aligned_alloc(256, %zu): %p", size, p);
        names()->free(p);
    }
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
}

static void aligned_and_too_large(void) {
    static const size_t alignments[] = {1, 8, 16, 64, 4096, 65536, MIB, 4 * MIB};
    for (size_t i = 0; i < COUNT_OF(alignments); i++) {
        for (size_t distance = 0; distance < 1 << 12; distance++) {
            size_t size = SIZE_MAX - distance;
            expect_fails(names()->aligned_alloc(alignments[i], HIDDEN(size)), ENOMEM,
                         "aligned_alloc(%zu, %#zx): %p, errno %d", alignments[i], size,
                         result_of_call, errno_of_call);
            size = (size_t)PTRDIFF_MAX + 1 + distance;
            expect_fails(names()->memalign(alignments[i], HIDDEN(size)), ENOMEM,
                         "memalign(%zu, %#zx): %p, errno %d", alignments[i], size, result_of_call,
                         errno_of_call);
        }
    }
}

/* The GNU rule: the next power of two, and 0 is no wish. */
static void memalign_rounds_up(void) {
    errno = ERRNO_UNTOUCHED;
    for (size_t alignment = 0; alignment < 70000; alignment += alignment < 600 ? 1 : 499) {
        size_t rounded = 1;
        while (rounded < alignment) {
            rounded *= 2;
        }
        void *p = names()->memalign(HIDDEN(alignment), 40);
        expect(is_served(p) && (uintptr_t)p % rounded == 0, "memalign(%zu, 40): %p", alignment, p);
        names()->free(p);
    }
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
    for (size_t i = 2; i < 100; i++) {
        expect_fails(names()->memalign(HIDDEN(SIZE_MAX / 2 + i), 8), EINVAL, "%p, errno %d",
                     result_of_call, errno_of_call);
    }
}

static void memalign_refuses(void) {
    for (size_t i = 0; i < COUNT_OF(not_powers); i++) {
        expect_fails(names()->memalign(HIDDEN(not_powers[i]), 64), EINVAL,
                     "alignment %#zx: %p, errno %d", not_powers[i], result_of_call, errno_of_call);
    }
}

/* ---- Whole OS pages ----------------------------------------------------------------------------
 */

static void valloc_aligns(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    expect(is_power_of_two(page), "page size");
    errno = ERRNO_UNTOUCHED;
    for (size_t size = 0; size < MIB; size += size / 3 + 1) {
        void *p = names()->valloc(HIDDEN(size));
        expect(is_served(p) && (uintptr_t)p % page == 0, "valloc(%zu): %p", size, p);
        memset(p, 1, size);
        names()->free(p);
    }
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
}

static void pvalloc_rounds_up(void) {
    if (names()->pvalloc == NULL) {
        return;
    }
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    errno = ERRNO_UNTOUCHED;
    for (size_t size = 1; size < MIB; size += size / 3 + 1) {
        size_t whole = (size + page - 1) / page * page;
        unsigned char *p = names()->pvalloc(HIDDEN(size));
        expect(is_served(p) && (uintptr_t)p % page == 0, "pvalloc(%zu): %p", size, (void *)p);
        expect(names()->usable_size == NULL || names()->usable_size(p) >= whole,
               "pvalloc(%zu): less than whole pages", size);
        memset(p, 1, whole);
        names()->free(p);
    }
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
    for (size_t i = 0; i < 2 * page; i++) {
        expect_fails(names()->pvalloc(HIDDEN(SIZE_MAX - i)), ENOMEM,
                     "pvalloc(SIZE_MAX - %zu): %p, errno %d", i, result_of_call, errno_of_call);
    }
}

static void pvalloc_of_0(void) {
    if (names()->pvalloc == NULL) {
        return;
    }
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *p = names()->pvalloc(HIDDEN(0));
    expect(is_served(p) && names()->usable_size(p) >= page, "pvalloc(0): less than a page");
    memset(p, 1, page);
    names()->free(p);
}

const struct rule alignment_rules[] = {
    {"A13 A14", "every alignment", every_alignment, BY_ALL, NULL},
    {"A13", "alignments mixed", alignments_mixed, BY_ALL, NULL},
    {"A8", "posix_memalign refuses", posix_memalign_refuses, BY_ALL, NULL},
    {"A1", "posix_memalign of too much", posix_memalign_too_large, BY_ALL, NULL},
    {"A1 A4", "posix_memalign of too much leaves errno", posix_memalign_leaves_errno, BY_OURS,
     "POSIX leaves errno open there, and glibc sets it"},
    {"A9", "aligned_alloc refuses", aligned_alloc_refuses, BY_OURS,
     "C asks for NULL but of no errno, and glibc rounded up before 2.38"},
    {"A9", "aligned_alloc allows", aligned_alloc_allows, BY_ALL, NULL},
    {"A1", "aligned and too large", aligned_and_too_large, BY_ALL, NULL},
#ifdef __GLIBC__
    {"A10", "memalign rounds up", memalign_rounds_up, BY_NATIVE,
     "mi_memalign wants a power of two, as all functions of mimalloc.h"},
#else
    {"A10", "memalign rounds up", memalign_rounds_up, BY_LIBC,
     "mi_memalign wants a power of two, as all functions of mimalloc.h; rounding up is GNU's"},
#endif
    {"A10", "memalign refuses", memalign_refuses, BY_MI, "the names of GNU round up"},
    {"A11", "valloc aligns", valloc_aligns, BY_ALL, NULL},
    {"A11", "pvalloc rounds up", pvalloc_rounds_up, BY_ALL, NULL},
    {"A11", "pvalloc(0) is a page", pvalloc_of_0, BY_OURS, "glibc makes it the smallest block"},
    {NULL, NULL, NULL, 0, NULL},
};
