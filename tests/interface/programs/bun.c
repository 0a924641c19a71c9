/* SPDX-License-Identifier: MIT */
/* A run time whose allocators are an interface of allocate, resize in place, remap and free, each
   with an alignment: one over the process, one over a heap that is destroyed with its arena. */
#include <mimalloc.h>

#include "support.h"

struct allocator {
    mi_heap_t *heap; /* NULL: the process */
};

static void *allocate(struct allocator a, size_t size, size_t alignment) {
    void *p;
    if (a.heap == NULL) {
        p = alignment > 16 ? mi_malloc_aligned(size, alignment) : mi_malloc(size);
    } else {
        p = alignment > 16 ? mi_heap_malloc_aligned(a.heap, size, alignment)
                           : mi_heap_malloc(a.heap, size);
    }
    CHECK(p != NULL && is_aligned(p, alignment) && mi_malloc_usable_size(p) >= size);
    CHECK(mi_is_in_heap_region(p));
    return p;
}

/* The block stays where it is, or false. */
static bool resize(void *p, size_t size) {
    return mi_expand(p, size) != NULL;
}

static void *remap(struct allocator a, void *p, size_t size, size_t alignment) {
    p = a.heap == NULL ? mi_realloc_aligned(p, size, alignment)
                       : mi_heap_realloc_aligned(a.heap, p, size, alignment);
    CHECK(p != NULL && is_aligned(p, alignment));
    return p;
}

static void release(struct allocator a, void *p, size_t size, size_t alignment) {
    if (a.heap != NULL) {
        /* what others made is not freed here by mistake */
        CHECK(mi_heap_check_owned(a.heap, p) && mi_heap_contains(a.heap, p));
        CHECK(mi_heap_of(p) == a.heap);
    }
    if (alignment > 16) {
        mi_free_size_aligned(p, size, alignment);
    } else {
        mi_free_size(p, size);
    }
}

static void exercise(struct allocator a) {
    uint32_t random = 5;
    for (int i = 0; i < 2000; i++) {
        size_t alignment = (size_t)1 << next_random(&random) % 13;
        size_t size = 1 + next_random(&random) % (i % 50 == 0 ? 400000 : 2000);
        unsigned char *p = allocate(a, size, alignment);
        memset(p, i, size);
        size_t usable = mi_malloc_usable_size(p);
        CHECK(resize(p, usable));
        CHECK(is_all(p, size, i));
        size_t more = usable * 2 + 1;
        if (!resize(p, more)) {
            p = remap(a, p, more, alignment);
        }
        CHECK(is_all(p, size, i));
        if (i % 7 != 0 || a.heap == NULL) {
            release(a, p, more, alignment);
        }
    }
}

static void zeroed(mi_heap_t *heap) {
    unsigned char *p = mi_heap_zalloc_aligned(heap, 1000, 128);
    CHECK(is_aligned(p, 128) && is_all(p, 1000, 0));
    memset(p, 1, 1000);
    p = mi_heap_rezalloc_aligned(heap, p, 5000, 128);
    CHECK(is_aligned(p, 128) && is_all(p, 1000, 1) && is_all(p + 1000, 4000, 0));
    unsigned char *q = mi_heap_calloc_aligned(heap, 30, 100, 4096);
    CHECK(is_aligned(q, 4096) && is_all(q, 3000, 0));
    volatile size_t too_many = SIZE_MAX / 2; /* not for the compiler to warn of */
    CHECK(mi_heap_calloc_aligned(heap, too_many, 3, 64) == NULL);
    mi_free(q);
}

int main(void) {
    struct allocator process = {NULL};
    exercise(process);
    void *outside = mi_malloc(100);
    for (int round = 0; round < 5; round++) {
        struct allocator arena = {mi_heap_new()};
        CHECK(arena.heap != NULL);
        exercise(arena);
        zeroed(arena.heap);
        CHECK(!mi_heap_contains(arena.heap, outside));
        CHECK(!mi_heap_check_owned(arena.heap, &arena) && !mi_any_heap_contains(&arena));
        mi_heap_collect(arena.heap, false);
        mi_heap_destroy(arena.heap);
    }
    CHECK(!mi_is_in_heap_region(&process) && !mi_is_in_heap_region(NULL));
    mi_free(outside);
    return failures != 0;
}
