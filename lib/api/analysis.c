/* SPDX-License-Identifier: MIT */
/* Chapter "analysis": what is in a heap.  In the heap's thread, but for questions about an
   address alone. */
#include "api.h"

static struct heap *heap_or_default(const mi_heap_t *handle) {
    return handle != NULL ? heap_of(handle) : mip_heap_default();
}

bool mi_heap_contains_block(mi_heap_t *heap, const void *p) {
    return mip_heap_contains_block(heap_or_default(heap), p);
}

mi_heap_t *mi_heap_of(const void *p) {
    return handle_of(mip_heap_of(p));
}

bool mi_heap_check_owned(mi_heap_t *heap, const void *p) {
    return mip_heap_check_owned(heap_or_default(heap), p);
}

bool mi_check_owned(const void *p) {
    return mip_heap_check_owned(mip_heap_default(), p);
}

bool mi_heap_contains(const mi_heap_t *heap, const void *p) {
    return mip_heap_check_owned(heap_or_default(heap), p);
}

bool mi_any_heap_contains(const void *p) {
    return mip_is_ours(p);
}

bool mi_is_in_heap_region(const void *p) {
    return mip_is_ours(p);
}

struct visitor {
    mi_block_visit_fun *visit;
    void *arg;
};

/* The public area is a structure of its own, so that the core's may change. */
static bool visit_publicly(const struct heap *heap, const struct mip_area *area, void *block,
                           size_t block_size, void *arg) {
    const struct visitor *visitor = arg;
    const mi_heap_area_t public_area = {
        .blocks = area->blocks,
        .reserved = area->reserved,
        .committed = area->committed,
        .used = area->used,
        .block_size = area->block_size,
    };
    return visitor->visit(handle_of(heap), &public_area, block, block_size, visitor->arg);
}

bool mi_heap_visit_blocks(const mi_heap_t *heap, bool visit_all_blocks, mi_block_visit_fun *visitor,
                          void *arg) {
    struct visitor both = {visitor, arg};
    return visitor != NULL &&
           mip_heap_visit(heap_or_default(heap), visit_all_blocks, visit_publicly, &both);
}
