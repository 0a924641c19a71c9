/* SPDX-License-Identifier: MIT */
/* Floor 4, core: see watched.h.  Each block is longer than what was asked for by a tail that nobody
   may touch: so there is an end to overrun, and its last bytes tell what was asked for.  A tail
   that is not as it was written tells of a free of what is no live block.  The allocator's own work
   is done between mip_tool_begin and mip_tool_end: it reads and writes what the program may not. */
#include <errno.h>
#include <string.h>

#include "../base/report.h"
#include "../tool.h"
#include "strict.h"
#undef MIP_WATCHED /* here the names mean what they say */
#include "watched.h"

/* The last bytes that the allocator lets p have. */
struct tail {
    uintptr_t mark; /* p, disguised, or who looks for leaks would find it here */
    size_t size;    /* bytes asked for */
};

static uintptr_t mark_of(const void *p) {
    return ~(uintptr_t)p;
}

/* More than can be had stays so. */
static size_t padded(size_t size) {
    return size > MIP_SIZE_MAX ? size : size + sizeof(struct tail);
}

/* In blocks nobody knows the alignment of what lies there. */
static struct tail read_tail(const char *end) {
    struct tail tail;
    memcpy(&tail, end - sizeof(tail), sizeof(tail));
    return tail;
}

static void write_tail(char *end, uintptr_t mark, size_t size) {
    struct tail tail = {mark, size};
    memcpy(end - sizeof(tail), &tail, sizeof(tail));
}

/* What may be known of a block without a fault being told: 0 when p is none. */
static size_t usable_of(const char *function, const void *p) {
    return p == NULL || mip_heap_of(p) == NULL ? 0 : mip_usable_size_in(function, p);
}

/* Is it live, as far as its tail tells? */
static bool is_live(const char *p, size_t usable, size_t *size) {
    struct tail tail = read_tail(p + usable);
    *size = tail.size;
    return tail.mark == mark_of(p) && tail.size <= usable - sizeof(tail);
}

/* Also where no tool is at work. */
static MIP_COLD void tell_not_live(const char *function, const void *p, void *caller) {
    mip_tool_bad_free(p, caller);
    mip_error(EINVAL, "%s: pointer %p: freed already, or written past its end", function, p);
}

static void *give(void *p, size_t size, bool zero) {
    if (p != NULL) {
        char *end = (char *)p + mip_usable_size(p);
        mip_tool_unpoison(p, (size_t)(end - (char *)p)); /* memset and memcpy may be watched */
        write_tail(end, mark_of(p), size);
        if (zero)
            memset(p, 0, size);
        mip_tool_poison(p, (size_t)(end - (char *)p));
        mip_tool_allocated(p, size, zero);
    }
    return p;
}

void *mip_watched_heap_malloc(struct heap *heap, size_t size, bool zero) {
    mip_tool_begin();
    void *p = give(mip_heap_malloc(heap, padded(size), false), size, zero);
    mip_tool_end();
    return p;
}

void *mip_watched_heap_malloc_aligned(struct heap *heap, size_t size, size_t alignment,
                                      size_t offset, bool zero) {
    mip_tool_begin();
    void *p = mip_heap_malloc_aligned(heap, padded(size), alignment, offset, false);
    give(p, size, zero);
    mip_tool_end();
    return p;
}

void *mip_watched_malloc(size_t size) {
    return mip_watched_heap_malloc(NULL, size, false);
}

void *mip_watched_zalloc(size_t size) {
    return mip_watched_heap_malloc(NULL, size, true);
}

void *mip_watched_malloc_aligned(size_t size, size_t alignment) {
    return mip_watched_heap_malloc_aligned(NULL, size, alignment, 0, false);
}

void mip_watched_free(void *p) {
    if (p == NULL)
        return;
    mip_tool_freed(p); /* before the allocator's own work: it may be told of */
    mip_tool_begin();
    size_t usable = usable_of("free", p), size;
    if (usable == 0) {
        mip_tool_bad_free(p, __builtin_return_address(0));
        mip_free(p); /* tells what p is */
    } else {
        mip_tool_unpoison((char *)p + usable - sizeof(struct tail), sizeof(struct tail));
        bool live = is_live(p, usable, &size);
        if (live)
            write_tail((char *)p + usable, 0, 0);
        mip_tool_poison(p, usable);
        if (live)
            mip_free(p);
        else
            tell_not_live("free", p, __builtin_return_address(0));
    }
    mip_tool_end();
}

static bool is_far_less(size_t size, size_t alignment, size_t usable) {
    size_t rounded = padded(size) + mip_min(alignment, NATURAL_ALIGNMENT_MAX);
    return rounded < usable / 2 && usable > 4 * GRANULE;
}

/* Within the block that p is.  False: there is no room. */
static bool resize(char *p, size_t usable, size_t old_size, size_t size, bool zero) {
    if (padded(size) > usable)
        return false;
    mip_tool_unpoison(p, usable);
    write_tail(p + usable, mark_of(p), size);
    if (zero && size > old_size)
        memset(p + old_size, 0, size - old_size);
    mip_tool_poison(p, usable);
    mip_tool_resized(p, old_size, size);
    return true;
}

/* The size that was asked for, or (not a live block) SIZE_MAX. */
static size_t size_in(const char *function, char *p, size_t *usable) {
    *usable = usable_of(function, p);
    if (*usable == 0)
        return SIZE_MAX;
    size_t size;
    mip_tool_unpoison(p + *usable - sizeof(struct tail), sizeof(struct tail));
    bool live = is_live(p, *usable, &size);
    mip_tool_poison(p + *usable - sizeof(struct tail), sizeof(struct tail));
    return live ? size : SIZE_MAX;
}

/* Silent: a failure is not told. */
static void *fresh_block(struct heap *heap, size_t size, size_t alignment, size_t offset, bool zero,
                         bool is_silent) {
    if (!is_silent)
        return alignment == 0
                   ? mip_watched_heap_malloc(heap, size, zero)
                   : mip_watched_heap_malloc_aligned(heap, size, alignment, offset, zero);
    mip_tool_begin();
    void *p = SLOTS            ? mip_strict_try(heap, padded(size), alignment, offset, false)
              : alignment == 0 ? mip_heap_try(heap, padded(size), false)
                               : mip_heap_try_aligned(heap, padded(size), alignment, offset, false);
    give(p, size, zero);
    mip_tool_end();
    return p;
}

/* alignment 0: none asked for. */
static void *reallocate(struct heap *heap, void *p, size_t size, size_t alignment, size_t offset,
                        bool zero, void *caller) {
    size_t usable;
    bool is_aligned = mip_is_aligned_at(p, alignment, offset);
    mip_tool_begin();
    size_t old_size = size_in("realloc", p, &usable);
    bool is_bad = old_size == SIZE_MAX;
    if (is_bad && usable == 0)
        mip_heap_realloc(heap, p, size, zero); /* tells what p is */
    else if (is_bad)
        tell_not_live("realloc", p, caller);
    bool done = !is_bad && is_aligned && size <= MIP_SIZE_MAX &&
                !is_far_less(size, alignment, usable) && resize(p, usable, old_size, size, zero);
    mip_tool_end();
    if (is_bad) {
        mip_tool_freed(p);
        errno = EINVAL;
        return NULL;
    }
    if (done)
        return p;
    bool may_stay = is_aligned && padded(size) <= usable;
    int saved = errno;
    void *fresh = fresh_block(heap, size, alignment, offset, zero, may_stay);
    if (fresh == NULL && may_stay) {
        mip_tool_begin();
        done = resize(p, usable, old_size, size, zero);
        mip_tool_end();
        errno = done ? saved : ENOMEM;
        return done ? p : NULL;
    }
    if (fresh == NULL)
        return NULL;
    memcpy(fresh, p, mip_min(old_size, size));
    mip_watched_free(p);
    return fresh;
}

void *mip_watched_heap_realloc(struct heap *heap, void *p, size_t size, bool zero) {
    return p == NULL ? mip_watched_heap_malloc(heap, size, zero)
                     : reallocate(heap, p, size, 0, 0, zero, __builtin_return_address(0));
}

void *mip_watched_heap_realloc_aligned(struct heap *heap, void *p, size_t size, size_t alignment,
                                       size_t offset, bool zero) {
    if (p == NULL || !mip_is_power_of_two(alignment) || alignment > MIP_ALIGNMENT_MAX)
        return mip_watched_heap_malloc_aligned(heap, size, alignment, offset, zero);
    return reallocate(heap, p, size, alignment, offset, zero, __builtin_return_address(0));
}

void *mip_watched_expand(void *p, size_t size) {
    size_t usable;
    mip_tool_begin();
    size_t old_size = size_in("realloc", p, &usable);
    bool done = old_size != SIZE_MAX && size <= MIP_SIZE_MAX &&
                (size == old_size || resize(p, usable, old_size, size, false));
    mip_tool_end();
    return done ? p : NULL;
}

size_t mip_watched_usable_size_in(const char *function, const void *p) {
    size_t usable;
    mip_tool_begin();
    size_t size = size_in(function, (char *)(uintptr_t)p, &usable);
    if (size == SIZE_MAX)
        size = usable == 0 ? mip_usable_size_in(function, p) : 0;
    mip_tool_end();
    return size;
}

size_t mip_watched_usable_size(const void *p) {
    return mip_watched_usable_size_in("usable_size", p);
}

void mip_watched_check_size(const void *p, size_t size) {
    if (SLOTS)
        mip_strict_check_size(p, padded(size));
}

void mip_watched_check_plain(const void *p, size_t size) {
    if (SLOTS)
        mip_strict_check_plain(p, padded(size));
}

void mip_watched_check_promise(const void *p, size_t size, size_t alignment) {
    if (SLOTS)
        mip_strict_check_promise(p, padded(size), alignment);
}

/* A heap that is destroyed takes its blocks along: what was given out begins somewhere in the
   block, and its tail lies near the end. */
static bool note_destroyed(const struct heap *heap, const struct mip_area *area, void *block,
                           size_t block_size, void *arg) {
    enum { END_MAX = 1 << 16 };
    (void)heap, (void)area, (void)arg;
    char *start = block;
    if (block == NULL)
        return true;
    mip_tool_unpoison(block, block_size);
    size_t least = block_size > END_MAX ? block_size - END_MAX : sizeof(struct tail);
    for (size_t at = block_size; at >= least; at--) {
        struct tail tail = read_tail(start + at);
        char *p = (char *)~tail.mark;
        if (p >= start && p < start + at && tail.size <= (size_t)(start + at - p)) {
            mip_tool_freed(p);
            write_tail(start + at, 0, 0);
            break;
        }
    }
    mip_tool_poison(block, block_size);
    return true;
}

void mip_watched_heap_destroy(struct heap *heap) {
    mip_tool_begin();
    if (heap != NULL && heap->is_made)
        mip_heap_visit(heap, true, note_destroyed, NULL);
    mip_heap_destroy(heap);
    mip_tool_end();
}

void mip_watched_heap_delete(struct heap *heap) {
    mip_tool_begin();
    mip_heap_delete(heap);
    mip_tool_end();
}

void mip_watched_heap_collect(struct heap *heap, bool force) {
    mip_tool_begin();
    mip_heap_collect(heap, force);
    mip_tool_end();
}

bool mip_watched_heap_check_owned(struct heap *heap, const void *p) {
    mip_tool_begin();
    bool result = mip_heap_check_owned(heap, p);
    mip_tool_end();
    return result;
}

struct visitor {
    mip_visit_fun *fun;
    void *arg;
};

/* What the program's function does is the program's. */
static bool visit(const struct heap *heap, const struct mip_area *area, void *block,
                  size_t block_size, void *arg) {
    const struct visitor *visitor = arg;
    mip_tool_end();
    bool result = visitor->fun(heap, area, block, block_size, visitor->arg);
    mip_tool_begin();
    return result;
}

bool mip_watched_heap_visit(const struct heap *heap, bool all_blocks, mip_visit_fun *fun,
                            void *arg) {
    struct visitor visitor = {fun, arg};
    mip_tool_begin();
    bool result = mip_heap_visit(heap, all_blocks, fun == NULL ? NULL : visit, &visitor);
    mip_tool_end();
    return result;
}

void mip_watched_thread_done(void) {
    mip_tool_begin();
    mip_thread_done();
    mip_tool_end();
}

void mip_watched_collect(bool force) {
    mip_tool_begin();
    mip_collect(force);
    mip_tool_end();
}
