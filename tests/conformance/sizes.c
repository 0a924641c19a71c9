/* SPDX-License-Identifier: MIT */
/* Sizes that cannot be, products that do not fit, memory that is not there, blocks of zero. */
#include "names.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef WITH_MI
#include <mimalloc.h>
#endif

enum { NEIGHBOURS = 1 << 14 };

/* The i-th size of those that no allocation can have. */
static size_t excessive(size_t i) {
    return i % 2 == 0 ? SIZE_MAX - i / 2 : (size_t)PTRDIFF_MAX + 1 + i / 2;
}

static void too_large_fails(void) {
    struct allocator list[ALLOCATORS_MAX];
    size_t count = list_allocators(list);
    size_t before = address_space();
    for (size_t a = 0; a < count; a++) {
        for (size_t i = 0; i < 2 * NEIGHBOURS; i++) {
            expect_fails(list[a].allocate(HIDDEN(excessive(i))), ENOMEM,
                         "%s, %#zx bytes: %p, errno %d", list[a].name, excessive(i), result_of_call,
                         errno_of_call);
        }
    }
    expect(address_space() <= before + MIB, "failures took %zu bytes of address space",
           address_space() - before);
}

/* Below PTRDIFF_MAX, but above what a machine has. */
static void too_large_for_the_machine_fails(void) {
    if (!IS_WIDE) {
        return;
    }
    struct allocator list[ALLOCATORS_MAX];
    size_t count = list_allocators(list);
    static const size_t distances[] = {0, 1, 7, 15, 16, 4095, 4096, 65535, 65536, 1 << 20};
    for (size_t a = 0; a < count; a++) {
        for (size_t i = 0; i < COUNT_OF(distances); i++) {
            size_t size = (size_t)PTRDIFF_MAX - distances[i];
            expect_fails(list[a].allocate(HIDDEN(size)), ENOMEM, "%s, %#zx bytes: %p, errno %d",
                         list[a].name, size, result_of_call, errno_of_call);
        }
    }
}

/* What a limit forbids fails, and what fits goes on.  An allocator may have reserved address space
   before there was the limit, so only sizes well beyond that count. */
static void limited(void) {
    struct allocator list[ALLOCATORS_MAX];
    size_t count = list_allocators(list);
    if (!limit_address_space(256 * MIB)) {
        return;
    }
    for (size_t a = 0; a < count; a++) {
        size_t size = BEYOND_LIMITS - 5000;
        expect_fails(list[a].allocate(HIDDEN(size)), ENOMEM, "%s, %#zx bytes: %p, errno %d",
                     list[a].name, size, result_of_call, errno_of_call);
        for (; size <= (size_t)PTRDIFF_MAX / 8; size *= 8) {
            expect_fails(list[a].allocate(HIDDEN(size * 8)), ENOMEM, "%s, %#zx bytes: %p, errno %d",
                         list[a].name, size * 8, result_of_call, errno_of_call);
        }
        errno = ERRNO_UNTOUCHED;
        char *p = list[a].allocate(HIDDEN(MIB));
        expect(is_served(p) && errno == ERRNO_UNTOUCHED, "%s: errno %d after failures",
               list[a].name, errno);
        memset(p, 1, MIB);
        names()->free(p);
    }
    limit_no_more();
}

/* In use as far as it goes, then free again. */
static void exhausted(void) {
    static char *live[4096];
    if (is_strict() || !limit_address_space(256 * MIB)) { /* the strict ones touch every block */
        return;
    }
    size_t first = 0;
    for (int round = 0; round < 3; round++) {
        size_t n = 0;
        errno = ERRNO_UNTOUCHED;
        while (n < COUNT_OF(live) && (live[n] = names()->malloc(HIDDEN(MIB))) != NULL) {
            live[n++][0] = 1;
        }
        expect(n < COUNT_OF(live) && errno == ENOMEM, "round %d: %zu MiB, errno %d", round, n,
               errno);
        first = round == 0 ? n : first;
        expect(n >= 64 && n + n / 8 >= first, "round %d: %zu MiB, at first %zu", round, n, first);
        while (n > 0) {
            names()->free(live[--n]);
        }
    }
    limit_no_more();
}

/* ---- Products ----------------------------------------------------------------------------------
 */

static void check_product(size_t count, size_t size) {
    const struct names *n = names();
    if (!IS_WIDE && count <= PTRDIFF_MAX / size) {
        return; /* may be had */
    }
    expect_fails(n->calloc(HIDDEN(count), size), ENOMEM, "calloc(%#zx, %#zx): %p, errno %d", count,
                 size, result_of_call, errno_of_call);
    if (n->reallocarray != NULL) {
        expect_fails(n->reallocarray(NULL, HIDDEN(count), size), ENOMEM,
                     "reallocarray(NULL, %#zx, %#zx): %p, errno %d", count, size, result_of_call,
                     errno_of_call);
        char *old = n->malloc(100);
        fill(old, 100, 3);
        expect_fails(n->reallocarray(old, HIDDEN(count), size), ENOMEM,
                     "reallocarray(p, %#zx, %#zx): %p, errno %d", count, size, result_of_call,
                     errno_of_call);
        expect(is_filled(old, 100, 3), "the old block changed");
        n->free(old);
    }
}

/* Around SIZE_MAX / factor on both sides: the product just overflows, or just fits and is too
   large nevertheless. */
static void products_overflow(void) {
    static const size_t factors[] = {2,  3,  4,   5,   7,    8,    10,    16,
                                     17, 24, 100, 255, 4096, 4097, 65535, 65536};
    for (size_t i = 0; i < COUNT_OF(factors); i++) {
        for (size_t distance = 0; distance < 9; distance++) {
            size_t other = SIZE_MAX / factors[i] - 4 + distance;
            check_product(other, factors[i]);
            check_product(factors[i], other);
        }
    }
    size_t half = (size_t)1 << sizeof(size_t) * CHAR_BIT / 2;
    for (size_t i = 0; i < 3; i++) {
        check_product(half + i, half);
        check_product(half, half + i);
        check_product(half - 1, half - 1 + i);
        check_product(SIZE_MAX - i, SIZE_MAX);
        check_product(SIZE_MAX - i, 2);
        check_product(1, SIZE_MAX - i);
    }
}

static void reallocarr_overflows(void) {
    void *p = NULL;
    expect(names()->reallocarr(&p, 10, 10) == 0 && is_served(p), "reallocarr");
    fill(p, 100, 1);
    void *before = p;
    errno = ERRNO_UNTOUCHED;
    for (size_t i = 0; i < 9; i++) {
        size_t count = SIZE_MAX / 10 + 1 + i;
        int error = names()->reallocarr(&p, HIDDEN(count), 10);
        expect(error == EOVERFLOW, "reallocarr(%#zx, 10): %d", count, error);
        error = names()->reallocarr(&p, 1, HIDDEN(excessive(i)));
        expect(error == ENOMEM, "reallocarr(1, %#zx): %d", excessive(i), error);
    }
    expect(p == before && is_filled(p, 100, 1), "the old block changed");
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
    names()->free(p);
}

/* ---- Zero --------------------------------------------------------------------------------------
 */

static size_t count_dirty(const unsigned char *p, size_t size) {
    size_t dirty = 0;
    for (size_t i = 0; i < size; i++) {
        dirty += p[i] != 0;
    }
    return dirty;
}

/* Twice at once, so that one is the block that was just dirtied and freed and one is another. */
static void check_zero(size_t size) {
    for (int round = 0; round < 2; round++) {
        unsigned char *p = names()->calloc(1, HIDDEN(size));
        unsigned char *q = names()->calloc(HIDDEN(size), 1);
        expect(p != NULL && q != NULL, "%zu bytes", size);
        expect(count_dirty(p, size) == 0 && count_dirty(q, size) == 0,
               "%zu bytes, round %d: %zu and %zu are not 0", size, round, count_dirty(p, size),
               count_dirty(q, size));
        memset(p, 0xa5, size);
        memset(q, 0xa5, size);
        names()->free(p);
        names()->free(q);
    }
    unsigned char *p = names()->malloc(HIDDEN(size));
    expect(p != NULL, "%zu bytes", size);
    memset(p, 0xff, size);
    names()->free(p);
    p = names()->calloc(1, HIDDEN(size));
    expect(p != NULL && count_dirty(p, size) == 0, "%zu bytes after malloc's: not 0", size);
    names()->free(p);
}

static void give_back(void) {
#ifdef WITH_MI
    mi_collect(true);
#else
    void (*collect)(bool) = (void (*)(bool))(uintptr_t)find_function("mi_collect");
    if (collect != NULL) {
        collect(true);
    }
#endif
}

static void calloc_is_zero(void) {
    for (size_t size = 0; size <= 64 * KIB; size += size < 1100 ? 1 : 331) {
        check_zero(size);
    }
    static const size_t large[] = {100000, 512 * KIB, MIB, MIB + 1, 3 * MIB, 16 * MIB};
    for (size_t i = 0; i < COUNT_OF(large); i++) {
        check_zero(large[i]);
    }
}

static void calloc_is_zero_after_a_purge(void) {
    enum { LIVE = 64 };
    static const size_t sizes[] = {16, 100, 1000, 8000, 60000, 500000, 2000000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        static unsigned char *live[LIVE];
        size_t n = sizes[i] > MIB ? 4 : LIVE;
        for (int round = 0; round < 3; round++) {
            for (size_t k = 0; k < n; k++) {
                live[k] = names()->calloc(1, HIDDEN(sizes[i]));
                expect(live[k] != NULL && count_dirty(live[k], sizes[i]) == 0,
                       "%zu bytes, round %d: not 0", sizes[i], round);
                memset(live[k], 0xa5, sizes[i]);
            }
            for (size_t k = 0; k < n; k++) {
                names()->free(live[k]);
            }
            give_back();
        }
    }
}

/* `calloc(n, size)` in elements that are no powers of two. */
static void calloc_of_elements(void) {
    for (size_t count = 1; count < 3000; count += count / 2 + 1) {
        for (size_t size = 1; size < 500; size += 37) {
            unsigned char *p = names()->calloc(HIDDEN(count), size);
            expect(p != NULL && count_dirty(p, count * size) == 0, "%zu * %zu", count, size);
            memset(p, 1, count * size);
            names()->free(p);
        }
    }
}

const struct rule size_rules[] = {
    {"A1", "what is above PTRDIFF_MAX fails", too_large_fails, BY_ALL, NULL},
    {"A1", "what no machine has fails", too_large_for_the_machine_fails, BY_ALL, NULL},
    {"A1 A4", "what a limit forbids fails", limited, BY_ALL, NULL},
    {"A1 A4", "exhausted memory comes back", exhausted, BY_ALL, NULL},
    {"A5 A7", "products overflow", products_overflow, BY_ALL, NULL},
    {"A7", "reallocarr overflows", reallocarr_overflows, BY_MI, "NetBSD only has it"},
    {"A6", "calloc is zero", calloc_is_zero, BY_ALL, NULL},
    {"A6", "calloc is zero after a purge", calloc_is_zero_after_a_purge, BY_ALL, NULL},
    {"A6", "calloc of elements", calloc_of_elements, BY_ALL, NULL},
    {NULL, NULL, NULL, 0, NULL},
};
