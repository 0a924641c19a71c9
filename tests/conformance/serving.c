/* SPDX-License-Identifier: MIT */
/* The right allocator is being tested; what every allocation has in common: a block of its own,
   aligned, usable, writable, errno untouched. */
#include "names.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef WITH_MI
#include <mimalloc.h>
#endif

/* ---- Who serves --------------------------------------------------------------------------------
 */

static void the_right_one_serves(void) {
    struct allocator list[ALLOCATORS_MAX];
    size_t count = list_allocators(list);
    for (size_t a = 0; a < count; a++) {
        void *p = list[a].allocate(HIDDEN(100));
        expect(is_served(p), "%s: not from the allocator under test", list[a].name);
        names()->free(p);
    }
    void *p = NULL;
    expect(names()->posix_memalign(&p, 64, HIDDEN(100)) == 0 && is_served(p), "posix_memalign");
    names()->free(p);
}

/* A program that is linked with the plain library only has its own malloc, unless another copy
   serves it. */
static void redirection_is_told(void) {
#ifdef WITH_MI
    bool (*redirected)(void) = mi_is_redirected;
#else
    bool (*redirected)(void) = (bool (*)(void))(uintptr_t)find_function("mi_is_redirected");
    expect(redirected != NULL, "no mi_is_redirected");
#endif
    void *volatile p = malloc(HIDDEN(100));
    expect(redirected() == is_served(p), "mi_is_redirected: %d", redirected());
    free(p);
}

static void the_system_serves_alone(void) {
    expect(find_function("mi_version") == NULL, "this library is in the process");
}

/* ---- What every block has ----------------------------------------------------------------------
 */

static const size_t sizes[] = {0,
                               1,
                               2,
                               7,
                               8,
                               9,
                               15,
                               16,
                               17,
                               24,
                               31,
                               32,
                               33,
                               63,
                               64,
                               65,
                               100,
                               128,
                               129,
                               255,
                               256,
                               257,
                               1000,
                               1024,
                               1025,
                               4095,
                               4096,
                               4097,
                               5000,
                               16 * KIB,
                               20000,
                               32 * KIB - 1,
                               32 * KIB,
                               32 * KIB + 1,
                               64 * KIB,
                               64 * KIB + 1,
                               300000,
                               512 * KIB,
                               512 * KIB + 1,
                               MIB - 1,
                               MIB,
                               MIB + 1,
                               5 * MIB + 3,
                               16 * MIB + 1};

static void every_block_serves(void) {
    struct allocator list[ALLOCATORS_MAX];
    size_t count = list_allocators(list);
    for (size_t a = 0; a < count; a++) {
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            size_t size = HIDDEN(sizes[i]);
            errno = ERRNO_UNTOUCHED;
            char *p = list[a].allocate(size);
            char *q = list[a].allocate(size);
            expect(errno == ERRNO_UNTOUCHED, "%s, %zu bytes: errno %d", list[a].name, size, errno);
            expect(is_served(p) && is_served(q) && p != q, "%s, %zu bytes: no two blocks",
                   list[a].name, size);
            expect((uintptr_t)p % least_alignment() == 0, "%s, %zu bytes: %p", list[a].name, size,
                   (void *)p);
            size_t usable = size;
            if (names()->usable_size != NULL) {
                usable = names()->usable_size(p);
                expect(usable >= size, "%s, %zu bytes: usable are %zu", list[a].name, size, usable);
                expect(names()->usable_size(p) == usable, "the usable size changed");
            }
            memset(p, 1, usable);
            memset(q, 2, size);
            expect(usable == 0 || (p[0] == 1 && p[usable - 1] == 1), "%s, %zu bytes: overlap",
                   list[a].name, size);
            names()->free(p);
            names()->free(q);
            expect(errno == ERRNO_UNTOUCHED, "free of %zu bytes: errno %d", size, errno);
        }
    }
}

/* Size 0 and products of 0: blocks like others. */
static void *zero_of_any(size_t i) {
    switch (i % 5) {
    case 0:
        return names()->malloc(HIDDEN(0));
    case 1:
        return names()->calloc(HIDDEN(0), 8);
    case 2:
        return names()->calloc(SIZE_MAX, HIDDEN(0));
    case 3:
        return names()->realloc(NULL, HIDDEN(0));
    default:
        return names()->aligned_alloc(64, HIDDEN(0));
    }
}

static void size_0_is_unique(void) {
    enum { LIVE = 500 };
    static void *live[LIVE];
    errno = ERRNO_UNTOUCHED;
    for (size_t i = 0; i < LIVE; i++) {
        live[i] = zero_of_any(i);
        if (i % 5 == 4) {
            names()->free(live[i]);
            live[i] = NULL;
            expect(names()->posix_memalign(&live[i], 64, HIDDEN(0)) == 0, "posix_memalign of 0");
        }
        expect(is_served(live[i]), "way %zu to ask for nothing", i % 5);
        for (size_t k = 0; k < i; k++) {
            expect(live[k] != live[i], "two live blocks of size 0 are at %p", live[i]);
        }
    }
    for (size_t i = 0; i < LIVE; i++) {
        names()->free(live[i]);
    }
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
}

/* Every size at first, then steps that meet all remainders. */
static void every_size_is_aligned(void) {
    struct allocator list[ALLOCATORS_MAX];
    size_t count = list_allocators(list);
    for (size_t a = 0; a < count; a++) {
        for (size_t size = 1; size <= MIB; size += size < 9000 ? 1 : 509) {
            char *p = list[a].allocate(HIDDEN(size));
            expect(p != NULL && (uintptr_t)p % least_alignment() == 0, "%s, %zu bytes: %p",
                   list[a].name, size, (void *)p);
            p[0] = p[size - 1] = 1;
            names()->free(p);
        }
    }
}

/* ---- Usable size -------------------------------------------------------------------------------
 */

static void usable_size_is_usable(void) {
    if (names()->usable_size == NULL) {
        return;
    }
    errno = ERRNO_UNTOUCHED;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        /* Neighbours of the same class: what one may use belongs to no other. */
        enum { LIVE = 8 };
        unsigned char *live[LIVE];
        for (unsigned k = 0; k < LIVE; k++) {
            live[k] = names()->malloc(HIDDEN(sizes[i]));
            expect(live[k] != NULL, "%zu bytes", sizes[i]);
            fill(live[k], names()->usable_size(live[k]), k);
        }
        for (unsigned k = 0; k < LIVE; k++) {
            size_t usable = names()->usable_size(live[k]);
            expect(is_filled(live[k], usable, k), "%zu bytes, %zu usable: overlap", sizes[i],
                   usable);
            names()->free(live[k]);
        }
    }
    expect(names()->usable_size(NULL) == 0, "usable size of NULL");
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
}

static void good_size_is_the_usable_size(void) {
    size_t last = 0;
    for (size_t size = 0; size < 3 * MIB; size += size < 5000 ? 1 : size / 97) {
        void *p = names()->malloc(size);
        size_t good = names()->good_size(size);
        expect(good == names()->usable_size(p), "%zu bytes: good %zu, usable %zu", size, good,
               names()->usable_size(p));
        expect(good >= last, "%zu bytes: good %zu, less than %zu before", size, good, last);
        expect(names()->good_size(good) == good, "%zu bytes: good %zu is not good itself", size,
               good);
        last = good;
        names()->free(p);
    }
}

const struct rule serving_rules[] = {
    {"0", "the allocator under test serves", the_right_one_serves, BY_ALL, NULL},
    {"0", "mi_is_redirected tells the truth", redirection_is_told, BY_OURS,
     "the system has no such function"},
    {"0", "the system serves alone", the_system_serves_alone, BY_SYSTEM,
     "this library is tested there"},
    {"A2 A4 A17", "every block serves", every_block_serves, BY_ALL, NULL},
    {"A2", "size 0 is unique", size_0_is_unique, BY_ALL, NULL},
    {"A12", "every size is aligned", every_size_is_aligned, BY_ALL, NULL},
    {"A17", "the usable size is usable", usable_size_is_usable, BY_ALL, NULL},
    {"A18", "the good size is the usable size", good_size_is_the_usable_size, BY_MI,
     "the C library has no such function"},
    {NULL, NULL, NULL, 0, NULL},
};
