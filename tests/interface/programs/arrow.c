/* SPDX-License-Identifier: MIT */
/* A columnar store: a pool of buffers that all begin on a cache line, also when they grow or
   shrink, and that gives back what is unused when it is told to. */
#include <mimalloc.h>

#include "support.h"

enum { LINE = 64 };

struct pool {
    size_t allocated, peak;
};

static bool pool_allocate(struct pool *pool, size_t size, void **out) {
    *out = mi_malloc_aligned(size, LINE);
    if (*out == NULL) {
        return false;
    }
    CHECK(is_aligned(*out, LINE));
    pool->allocated += size;
    if (pool->allocated > pool->peak) {
        pool->peak = pool->allocated;
    }
    return true;
}

static bool pool_reallocate(struct pool *pool, size_t old_size, size_t size, void **p) {
    void *q = mi_realloc_aligned(*p, size, LINE);
    if (q == NULL) {
        return false;
    }
    CHECK(is_aligned(q, LINE));
    *p = q;
    pool->allocated += size - old_size;
    return true;
}

static void pool_free(struct pool *pool, void *p, size_t size) {
    mi_free_size_aligned(p, size, LINE);
    pool->allocated -= size;
}

/* A column whose capacity doubles and is cut to its length in the end. */
static void column(struct pool *pool, size_t length) {
    size_t capacity = LINE, used = 0;
    void *data;
    CHECK(pool_allocate(pool, capacity, &data));
    while (used < length) {
        if (used == capacity) {
            CHECK(pool_reallocate(pool, capacity, capacity * 2, &data));
            capacity *= 2;
        }
        ((unsigned char *)data)[used] = (unsigned char)(used % 251);
        used++;
    }
    if (length > 0) {
        CHECK(pool_reallocate(pool, capacity, length, &data));
        capacity = length;
    }
    size_t good = 0;
    while (good < length && ((unsigned char *)data)[good] == good % 251) {
        good++;
    }
    CHECK(good == length);
    pool_free(pool, data, capacity);
}

int main(void) {
    struct pool pool = {0, 0};
    for (size_t length = 0; length < 3000000; length = length * 3 + 1) {
        column(&pool, length);
    }
    CHECK(pool.allocated == 0 && pool.peak > 0);

    /* What cannot be had leaves the buffer as it was. */
    void *p;
    CHECK(pool_allocate(&pool, 100, &p));
    memset(p, 7, 100);
    volatile size_t too_large = SIZE_MAX - 100; /* not for the compiler to warn of */
    CHECK(!pool_reallocate(&pool, 100, too_large, &p));
    CHECK(is_all(p, 100, 7));
    pool_free(&pool, p, 100);

    /* Other alignments than the usual one come through the same functions. */
    for (size_t alignment = 1; alignment <= (size_t)1 << 20; alignment *= 2) {
        p = mi_zalloc_aligned(1000, alignment);
        CHECK(is_aligned(p, alignment) && is_all(p, 1000, 0));
        mi_free_aligned(p, alignment);
    }
    mi_collect(true);
    return failures != 0;
}
