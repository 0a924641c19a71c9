/* SPDX-License-Identifier: MIT */
/* A library on top of this one: its own functions are declared with the same words as those below
   them, under today's names and under those of later headers, and compilers know as much of them.
 */
#include <mimalloc.h>

#include "support.h"

/* A pool: objects of one size from a heap of its own, with what was freed kept for reuse. */
struct pool {
    mi_heap_t *heap;
    void *free;
    size_t size;
};

MI_EXPORT bool pool_init(struct pool *pool, size_t size) MI_NOEXCEPT;
MI_RESULT void *pool_get(struct pool *pool) MI_NOEXCEPT MI_ATTR_MALLOC;
MI_EXPORT void pool_put(struct pool *pool, void *p) MI_NOEXCEPT;
MI_NODISCARD MI_EXPORT void *pool_bytes(struct pool *pool, size_t size) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE(2);
MI_RESULT void *pool_array(struct pool *pool, size_t count, size_t size) MI_NOEXCEPT MI_ATTR_MALLOC
    MI_ATTR_SIZE2(2, 3);
MI_RESULT void *pool_lines(struct pool *pool, size_t size,
                           size_t alignment) MI_NOEXCEPT MI_ATTR_MALLOC MI_ATTR_SIZE(2)
    MI_ATTR_ALIGN(3) MI_ATTR_NEVER_NULL;
mi_decl_export void mi_cdecl pool_done(struct pool *pool) mi_attr_noexcept;
mi_decl_nodiscard mi_decl_export mi_decl_restrict void *
pool_old(struct pool *pool, size_t count, size_t size,
         size_t alignment) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size2(2, 3)
    mi_attr_alloc_align(4);
mi_decl_nodiscard mi_decl_export mi_decl_restrict void *
pool_older(size_t size) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(1);

bool pool_init(struct pool *pool, size_t size) {
    pool->heap = mi_heap_new();
    pool->free = NULL;
    pool->size = size < sizeof(void *) ? sizeof(void *) : size;
    return pool->heap != NULL;
}

void *pool_get(struct pool *pool) {
    void *p = pool->free;
    if (p != NULL) {
        memcpy(&pool->free, p, sizeof(void *));
        return p;
    }
    return mi_heap_malloc(pool->heap, pool->size);
}

void pool_put(struct pool *pool, void *p) {
    memcpy(p, &pool->free, sizeof(void *));
    pool->free = p;
}

void *pool_bytes(struct pool *pool, size_t size) {
    return mi_heap_malloc(pool->heap, size);
}

void *pool_array(struct pool *pool, size_t count, size_t size) {
    return mi_heap_calloc(pool->heap, count, size);
}

void *pool_lines(struct pool *pool, size_t size, size_t alignment) {
    static char nothing[1];
    void *p = mi_heap_malloc_aligned(pool->heap, size, alignment);
    return p != NULL ? p : nothing;
}

void *pool_old(struct pool *pool, size_t count, size_t size, size_t alignment) {
    return mi_heap_calloc_aligned(pool->heap, count, size, alignment);
}

void *pool_older(size_t size) {
    return mi_malloc(size);
}

void pool_done(struct pool *pool) {
    mi_heap_destroy(pool->heap);
}

int main(void) {
    struct pool pool;
    CHECK(pool_init(&pool, 40));
    void *kept[100];
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 100; i++) {
            kept[i] = pool_get(&pool);
            CHECK(kept[i] != NULL);
            memset(kept[i], i, 40);
        }
        for (int i = 0; i < 100; i++) {
            CHECK(is_all(kept[i], 40, i));
            pool_put(&pool, kept[i]);
        }
    }
    CHECK(is_all(pool_array(&pool, 10, 100), 1000, 0));
    CHECK(is_aligned(pool_lines(&pool, 1000, 512), 512));
    CHECK(is_aligned(pool_old(&pool, 10, 100, 256), 256));
    memset(pool_bytes(&pool, 77), 1, 77);
    mi_free(pool_older(100));
    pool_done(&pool);
    return failures != 0;
}
