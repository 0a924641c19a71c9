/* SPDX-License-Identifier: MIT */
/* The shadow model of the ops test: every live block, what is known of it, and where it lies.  One
   thread at a time uses it (the test passes a baton).  It never allocates from the heap under
   test. */
#ifndef STRESS_MODEL_H
#define STRESS_MODEL_H

#include "support.h"

enum { BLOCK_MAX = 1500, HEAP_MAX = 8, NO_HEAP = -1 };

/* Invariants:
   1. p != NULL for the first block_count entries of `blocks`; the order means nothing.
   2. by_address lists the same blocks, ascending, and their spans [p, p + span) are disjoint.
   3. the first `size` bytes hold the pattern of `tag`.
   4. zeroed: all bytes in [size, usable size) were zero when the block was last resized, and
      nobody has written to them since. */
struct block {
    unsigned char *p;
    size_t size; /* as asked for */
    size_t span; /* usable size, at least 1 */
    uint64_t tag;
    bool zeroed; /* from a zeroing function, and only resized by such */
    int heap;    /* index of the made heap it lies in, or NO_HEAP */
};

static struct {
    uint64_t seed;
    struct rng rng;
    size_t number;    /* of the operation */
    const char *name; /* of the operation */
    unsigned threads, worker;
    struct block blocks[BLOCK_MAX];
    struct block *by_address[BLOCK_MAX];
    size_t block_count;
    size_t live; /* bytes asked for */
} model;

#define FAIL(format, ...)                                                                          \
    fail("ops: seed %llu, op %zu (%s, thread %u of %u): " format, (unsigned long long)model.seed,  \
         model.number, model.name, model.worker, model.threads, __VA_ARGS__)

/* Index in by_address of the first block at or above p. */
static size_t model_find(const unsigned char *p) {
    size_t low = 0;
    size_t high = model.block_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)model.by_address[middle]->p < (uintptr_t)p) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void check_apart(const struct block *low, const struct block *high) {
    if ((uintptr_t)low->p + low->span > (uintptr_t)high->p) {
        FAIL("block %p (%zu bytes, %zu usable) overlaps block %p (%zu bytes)", (void *)low->p,
             low->size, low->span, (void *)high->p, high->size);
    }
}

/* Enters what the allocator returned; contents are the caller's business. */
static struct block *model_add(void *p, size_t size, int heap) {
    size_t usable = t_usable_size(p);
    if (usable < size) {
        FAIL("block %p of %zu bytes has %zu usable bytes", p, size, usable);
    }
    struct block *block = &model.blocks[model.block_count];
    *block = (struct block){.p = p, .size = size, .span = usable == 0 ? 1 : usable, .heap = heap};
    size_t at = model_find(p);
    if (at < model.block_count) {
        check_apart(block, model.by_address[at]);
    }
    if (at > 0) {
        check_apart(model.by_address[at - 1], block);
    }
    memmove(&model.by_address[at + 1], &model.by_address[at],
            (model.block_count - at) * sizeof model.by_address[0]);
    model.by_address[at] = block;
    model.block_count++;
    model.live += size;
    return block;
}

static void model_remove(struct block *block) {
    size_t at = model_find(block->p);
    struct block *last = &model.blocks[model.block_count - 1];
    model.live -= block->size;
    memmove(&model.by_address[at], &model.by_address[at + 1],
            (model.block_count - at - 1) * sizeof model.by_address[0]);
    model.block_count--;
    if (block != last) {
        /* the gap in `blocks` is filled with the last entry, which moves in by_address too */
        model.by_address[model_find(last->p)] = block;
        *block = *last;
    }
}

static void model_write(struct block *block) {
    block->tag = rng_next(&model.rng);
    pattern_fill(block->p, block->size, block->tag, false);
}

static void model_verify(const struct block *block) {
    if (!pattern_holds(block->p, block->size, block->size, block->tag, false)) {
        FAIL("contents of block %p of %zu bytes have changed", (void *)block->p, block->size);
    }
    /* Of a block without usable bytes nothing may be touched. */
    if (block->zeroed && block->span > 1 && !is_zero(block->p, block->size, block->span, false)) {
        FAIL("slack of zeroed block %p of %zu bytes (%zu usable) is not zero", (void *)block->p,
             block->size, block->span);
    }
}

static void model_verify_all(void) {
    for (size_t i = 0; i < model.block_count; i++) {
        model_verify(&model.blocks[i]);
        if (i > 0) {
            check_apart(model.by_address[i - 1], model.by_address[i]);
        }
    }
}

#endif
