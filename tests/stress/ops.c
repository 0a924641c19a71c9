/* SPDX-License-Identifier: MIT */
/* A sequence of operations drawn from a seed, against a shadow model.
     ops [-v] [SEED [COUNT [THREADS]]]
   Without a seed: a few seeds, with one and with two threads.  Two threads pass a baton, so that a
   run repeats exactly, whatever the number of threads: shorten a failure by lowering COUNT to the
   number of the operation that failed.  -v names each operation as it starts. */
#include "model.h"

#include <pthread.h>

static const size_t live_max = 192 * MIB;
static const size_t large_max = 32 * MIB;
static bool verbose;

#ifndef STRESS_LIBC
/* The heaps made by each worker; a made heap allocates only in its own thread. */
static struct {
    mi_heap_t *heap;
    unsigned worker;
} heaps[HEAP_MAX];
static int default_heap[2] = {NO_HEAP, NO_HEAP};
#endif

/* ---- choices ---------------------------------------------------------------------------- */

static size_t below(size_t limit) {
    return rng_below(&model.rng, limit);
}

static size_t some_size(void) {
    size_t choice = below(100);
    size_t size = choice < 2    ? 0
                  : choice < 60 ? rng_size(&model.rng, KIB)
                  : choice < 85 ? rng_size(&model.rng, 64 * KIB)
                  : choice < 97 ? rng_size(&model.rng, 2 * MIB)
                                : rng_size(&model.rng, large_max);
    return model.live + size > live_max ? size % KIB : size;
}

static size_t some_alignment(void) {
    size_t choice = below(400);
    return (size_t)1 << (choice < 1 ? below(31) : choice < 20 ? below(24) : below(14));
}

static int current_heap(void) {
#ifdef STRESS_LIBC
    return NO_HEAP;
#else
    return default_heap[model.worker];
#endif
}

static struct block *some_block(void) {
    return model.block_count == 0 ? NULL : &model.blocks[below(model.block_count)];
}

/* ---- calls and their checks ------------------------------------------------------------- */

enum { ERRNO_MARK = 4711 };

static void check_errno(const char *after) {
    if (HAS_MI && errno != ERRNO_MARK) {
        FAIL("errno is %d after %s that succeeded", errno, after);
    }
}

static void check_block(void *p, size_t size, size_t alignment, size_t offset) {
    if (p == NULL) {
        FAIL("no memory for %zu bytes, alignment %zu, offset %zu", size, alignment, offset);
    }
    check_errno("an allocation");
    size_t least = !HAS_MI || offset != 0 ? 1 : 16;
    if (((uintptr_t)p + offset) % alignment != 0 || (uintptr_t)p % least != 0) {
        FAIL("block %p of %zu bytes is not aligned to %zu at offset %zu", p, size, alignment,
             offset);
    }
}

/* A new block: `p` as returned by the call just made. */
static void take(void *p, size_t size, size_t alignment, size_t offset, bool zero, int heap) {
    check_block(p, size, alignment, offset);
    struct block *block = model_add(p, size, heap);
    if (zero && !is_zero(p, 0, size, false)) {
        FAIL("zeroed block %p of %zu bytes is not zero", p, size);
    }
    block->zeroed = zero && HAS_MI;
    model_write(block);
    model_verify(block);
}

/* A block resized by the call just made, whose result is `p`. */
static void retake(struct block *block, void *p, size_t size, size_t alignment, size_t offset,
                   bool zero, int heap) {
    struct block old = *block;
    check_block(p, size, alignment, offset);
    size_t kept = old.size < size ? old.size : size;
    if (!pattern_holds(p, old.size, kept, old.tag, false)) {
        FAIL("contents lost between %zu bytes at %p and %zu at %p", old.size, (void *)old.p, size,
             p);
    }
    bool zeroed = zero && old.zeroed;
    if (zeroed && !is_zero(p, kept, size, false)) {
        FAIL("bytes from %zu to %zu of a zeroed block are not zero after growth", kept, size);
    }
    model_remove(block);
    block = model_add(p, size, p == old.p ? old.heap : heap);
    block->zeroed = zeroed;
    model_write(block);
    model_verify(block);
}

static void give_back(struct block *block) {
    model_verify(block);
    void *p = block->p;
    UNUSED size_t size = block->size;
    model_remove(block);
    size_t choice = below(10);
    errno = ERRNO_MARK;
#ifdef STRESS_LIBC
    (void)choice;
    t_free(p);
#else
    if (choice == 0) {
        mi_free_size(p, size);
    } else if (choice == 1 && size <= MI_SMALL_SIZE_MAX) {
        mi_free_small(p);
    } else {
        mi_free(p);
    }
#endif
    check_errno("a free");
}

/* ---- operations ------------------------------------------------------------------------- */

static void op_malloc(void) {
    size_t size = some_size();
    errno = ERRNO_MARK;
    take(t_malloc(size), size, 1, 0, false, current_heap());
}

static void op_zalloc(void) {
    size_t size = some_size();
    errno = ERRNO_MARK;
    take(t_zalloc(size), size, 1, 0, true, current_heap());
}

static void op_calloc(void) {
    size_t size = some_size();
    size_t count = 1 + below(9);
    errno = ERRNO_MARK;
    take(t_calloc(count, size / count), size / count * count, 1, 0, true, current_heap());
}

static void op_aligned(void) {
    size_t size = some_size();
    size_t alignment = some_alignment();
    errno = ERRNO_MARK;
    take(t_aligned(size, alignment), size, alignment, 0, false, current_heap());
}

static void op_free(void) {
    struct block *block = some_block();
    if (block != NULL) {
        give_back(block);
    }
}

static void op_realloc(void) {
    struct block *block = some_block();
    /* 0 frees in the C library */
    size_t size = some_size() + !HAS_MI;
    if (block == NULL) {
        return;
    }
    model_verify(block);
    errno = ERRNO_MARK;
    retake(block, t_realloc(block->p, size), size, 1, 0, false, current_heap());
}

/* A buffer that grows as buffers do. */
static void op_grow(void) {
    struct block *block = some_block();
    if (block == NULL) {
        return;
    }
    for (size_t i = below(20); i > 0; i--) {
        size_t size = block->size + block->size / 2 + 1;
        if (size > large_max || model.live + size > live_max) {
            return;
        }
        unsigned char *p = block->p;
        errno = ERRNO_MARK;
        p = t_realloc(p, size);
        retake(block, p, size, 1, 0, false, current_heap());
        block = model.by_address[model_find(p)];
    }
}

static void op_usable(void) {
    struct block *block = some_block();
    if (block == NULL) {
        return;
    }
    errno = ERRNO_MARK;
    size_t usable = t_usable_size(block->p);
    check_errno("a question");
    if (usable != (block->span == 1 ? usable : block->span)) {
        FAIL("usable size of %p was %zu and is %zu", (void *)block->p, block->span, usable);
    }
    if (t_usable_size(NULL) != 0) {
        FAIL("usable size of NULL is %zu", t_usable_size(NULL));
    }
    if (!block->zeroed) {
        /* whoever asks may use it all */
        memset(block->p + block->size, 0xa5, usable - block->size);
    }
}

static void op_verify(void) {
    struct block *block = some_block();
    if (block != NULL) {
        model_verify(block);
    }
}

static void op_verify_all(void) {
    model_verify_all();
}

static void op_free_many(void) {
    size_t keep = below(model.block_count + 1);
    while (model.block_count > keep) {
        give_back(some_block());
    }
}

static void op_collect(void) {
    errno = ERRNO_MARK;
#ifdef STRESS_LIBC
    t_collect();
#else
    mi_collect(below(2) == 0);
#endif
    check_errno("a collection");
}

static void check_refused(void *p, int error) {
    if (p != NULL || errno != error) {
        FAIL("%p and errno %d, where NULL and %d were due", p, errno, error);
    }
}

static void op_too_large(void) {
    struct block *block = some_block();
    volatile size_t least = (size_t)PTRDIFF_MAX + 1; /* volatile: no warning of the compiler */
    size_t size = least + below(PTRDIFF_MAX);
    errno = ERRNO_MARK;
    check_refused(t_malloc(size), ENOMEM);
    errno = ERRNO_MARK;
    check_refused(t_calloc(size, 2 + below(100)), ENOMEM);
    if (block != NULL) {
        errno = ERRNO_MARK;
        check_refused(t_realloc(block->p, size), ENOMEM);
        model_verify(block);
    }
}

/* ---- operations that only the mi_* interface has ---------------------------------------- */

#ifndef STRESS_LIBC
static void op_small(void) {
    size_t size = below(MI_SMALL_SIZE_MAX + 1);
    bool zero = below(2) == 0;
    errno = ERRNO_MARK;
    take(zero ? mi_zalloc_small(size) : mi_malloc_small(size), size, 1, 0, zero, current_heap());
}

static void op_aligned_at(void) {
    size_t size = some_size();
    size_t alignment = some_alignment();
    size_t offset = below(2) == 0 ? 0 : below(2 * size + 100);
    size_t count = 1 + below(9);
    void *p;
    errno = ERRNO_MARK;
    switch (below(5)) {
    case 0:
        p = mi_zalloc_aligned(size, alignment);
        take(p, size, alignment, 0, true, current_heap());
        break;
    case 1:
        size = size / count * count;
        p = mi_calloc_aligned(count, size / count, alignment);
        take(p, size, alignment, 0, true, current_heap());
        break;
    case 2:
        p = mi_malloc_aligned_at(size, alignment, offset);
        take(p, size, alignment, offset, false, current_heap());
        break;
    case 3:
        p = mi_zalloc_aligned_at(size, alignment, offset);
        take(p, size, alignment, offset, true, current_heap());
        break;
    default:
        size = size / count * count;
        p = mi_calloc_aligned_at(count, size / count, alignment, offset);
        take(p, size, alignment, offset, true, current_heap());
        break;
    }
}

static void op_rezalloc(void) {
    struct block *block = some_block();
    size_t size = some_size();
    size_t count = 1 + below(9);
    size_t which = below(3);
    if (block == NULL) {
        errno = ERRNO_MARK;
        take(mi_rezalloc(NULL, size), size, 1, 0, true, current_heap());
        return;
    }
    model_verify(block);
    errno = ERRNO_MARK;
    if (which == 0) {
        size = size / count * count;
        retake(block, mi_recalloc(block->p, count, size / count), size, 1, 0, true, current_heap());
    } else {
        retake(block, mi_rezalloc(block->p, size), size, 1, 0, true, current_heap());
    }
}

static void op_realloc_other(void) {
    struct block *block = some_block();
    size_t size = some_size();
    size_t count = 1 + below(9);
    size_t which = below(3);
    if (block == NULL) {
        errno = ERRNO_MARK;
        take(mi_realloc(NULL, size), size, 1, 0, false, current_heap());
        return;
    }
    model_verify(block);
    errno = ERRNO_MARK;
    if (which == 0) {
        size = size / count * count;
        retake(block, mi_reallocn(block->p, count, size / count), size, 1, 0, false,
               current_heap());
    } else if (which == 1) {
        retake(block, mi_reallocf(block->p, size), size, 1, 0, false, current_heap());
    } else {
        void *p = block->p;
        model_remove(block);
        check_refused(mi_reallocf(p, SIZE_MAX - size), ENOMEM);
    }
}

static void op_realloc_aligned(void) {
    struct block *block = some_block();
    size_t size = some_size();
    size_t alignment = some_alignment();
    size_t offset = below(2 * size + 100);
    size_t count = 1 + below(9);
    size_t which = below(6);
    if (block == NULL) {
        return;
    }
    model_verify(block);
    void *p = block->p;
    if (which == 2 || which == 5) {
        size = size / count * count;
    }
    errno = ERRNO_MARK;
    switch (which) {
    case 0:
        p = mi_realloc_aligned(p, size, alignment);
        break;
    case 1:
        p = mi_rezalloc_aligned(p, size, alignment);
        break;
    case 2:
        p = mi_recalloc_aligned(p, count, size / count, alignment);
        break;
    case 3:
        p = mi_realloc_aligned_at(p, size, alignment, offset);
        break;
    case 4:
        p = mi_rezalloc_aligned_at(p, size, alignment, offset);
        break;
    default:
        p = mi_recalloc_aligned_at(p, count, size / count, alignment, offset);
        break;
    }
    retake(block, p, size, alignment, which < 3 ? 0 : offset, which % 3 != 0, current_heap());
}

static void op_expand(void) {
    struct block *block = some_block();
    if (block == NULL) {
        return;
    }
    model_verify(block);
    size_t size = below(2) == 0 ? below(block->span + 1) : some_size();
    errno = ERRNO_MARK;
    void *p = mi_expand(block->p, size);
    if (p == NULL) {
        model_verify(block);
        return;
    }
    if (p != block->p) {
        FAIL("mi_expand moved %p to %p", (void *)block->p, p);
    }
    retake(block, p, size, 1, 1, false, current_heap());
}

static void op_strdup(void) {
    struct block *block = some_block();
    if (block == NULL) {
        return;
    }
    char text[400];
    size_t length = below(sizeof text);
    memset(text, 'a' + (int)below(26), length);
    text[length < sizeof text ? length : length - 1] = '\0';
    size_t most = below(sizeof text);
    bool bounded = below(2) == 0;
    errno = ERRNO_MARK;
    char *p = bounded ? mi_strndup(text, most) : mi_strdup(text);
    size_t size = (bounded && most < length ? most : length) + 1;
    check_block(p, size, 1, 0);
    if (memcmp(p, text, size - 1) != 0 || p[size - 1] != '\0') {
        FAIL("a string of %zu bytes was not duplicated", length);
    }
    take(p, size, 1, 0, false, current_heap());
}

static void op_good_size(void) {
    size_t size = some_size();
    if (mi_good_size(size) < size) {
        FAIL("mi_good_size(%zu) is %zu", size, mi_good_size(size));
    }
}

static void op_bad_alignment(void) {
    static const size_t bad[] = {0, 3, 24, 4095, SIZE_MAX};
    size_t alignment = bad[below(sizeof bad / sizeof *bad)];
    errno = ERRNO_MARK;
    check_refused(mi_malloc_aligned(some_size(), alignment), EINVAL);
    struct block *block = some_block();
    if (block != NULL) {
        errno = ERRNO_MARK;
        check_refused(mi_realloc_aligned(block->p, some_size(), alignment), EINVAL);
        model_verify(block);
    }
}

/* ---- heaps ------------------------------------------------------------------------------ */

/* One of the calling thread's heaps, or NO_HEAP. */
static int some_heap(void) {
    int index = (int)below(HEAP_MAX);
    return heaps[index].heap != NULL && heaps[index].worker == model.worker ? index : NO_HEAP;
}

static void op_heap_new(void) {
    int index = (int)below(HEAP_MAX);
    if (heaps[index].heap != NULL) {
        return;
    }
    errno = ERRNO_MARK;
    heaps[index].heap = mi_heap_new();
    heaps[index].worker = model.worker;
    if (heaps[index].heap == NULL) {
        FAIL("no memory for heap %d", index);
    }
    check_errno("mi_heap_new");
}

static void op_heap_malloc(void) {
    int index = some_heap();
    if (index == NO_HEAP) {
        return;
    }
    mi_heap_t *heap = heaps[index].heap;
    for (size_t i = below(12); i > 0 && model.block_count < BLOCK_MAX - 1; i--) {
        size_t size = some_size();
        size_t alignment = some_alignment();
        size_t count = 1 + below(9);
        size_t which = below(5);
        errno = ERRNO_MARK;
        switch (which) {
        case 0:
            take(mi_heap_malloc(heap, size), size, 1, 0, false, index);
            break;
        case 1:
            take(mi_heap_zalloc(heap, size), size, 1, 0, true, index);
            break;
        case 2:
            size = size / count * count;
            take(mi_heap_calloc(heap, count, size / count), size, 1, 0, true, index);
            break;
        case 3:
            take(mi_heap_malloc_aligned(heap, size, alignment), size, alignment, 0, false, index);
            break;
        default:
            size = size / count * count;
            take(mi_heap_mallocn(heap, count, size / count), size, 1, 0, false, index);
            break;
        }
    }
}

static void op_heap_realloc(void) {
    int index = some_heap();
    struct block *block = some_block();
    size_t size = some_size();
    if (index == NO_HEAP || block == NULL) {
        return;
    }
    mi_heap_t *heap = heaps[index].heap;
    bool zero = below(2) == 0;
    model_verify(block);
    errno = ERRNO_MARK;
    void *p = zero ? mi_heap_rezalloc(heap, block->p, size) : mi_heap_realloc(heap, block->p, size);
    retake(block, p, size, 1, 0, zero, index);
}

static void op_heap_default(void) {
    int index = some_heap();
    mi_heap_t *next = index == NO_HEAP ? mi_heap_get_backing() : heaps[index].heap;
    int before = default_heap[model.worker];
    mi_heap_t *expected = before == NO_HEAP ? mi_heap_get_backing() : heaps[before].heap;
    mi_heap_t *previous = mi_heap_set_default(next);
    if (previous != expected || mi_heap_get_default() != next) {
        FAIL("the default heap was %p, not %p", (void *)previous, (void *)expected);
    }
    default_heap[model.worker] = index;
}

static void forget_heap(int index) {
    heaps[index].heap = NULL;
    for (unsigned w = 0; w < 2; w++) {
        default_heap[w] = default_heap[w] == index ? NO_HEAP : default_heap[w];
    }
}

static void op_heap_delete(void) {
    int index = some_heap();
    if (index == NO_HEAP) {
        return;
    }
    if (default_heap[model.worker] != index) {
        /* so that the blocks migrate to the backing heap and to no other made one */
        mi_heap_set_default(mi_heap_get_backing());
        default_heap[model.worker] = NO_HEAP;
    }
    errno = ERRNO_MARK;
    mi_heap_delete(heaps[index].heap);
    check_errno("mi_heap_delete");
    if (mi_heap_get_default() != mi_heap_get_backing()) {
        FAIL("the default heap is not the backing heap after heap %d was deleted", index);
    }
    forget_heap(index);
    for (size_t i = 0; i < model.block_count; i++) {
        if (model.blocks[i].heap == index) {
            model.blocks[i].heap = NO_HEAP;
        }
    }
}

static void op_heap_destroy(void) {
    int index = some_heap();
    if (index == NO_HEAP) {
        return;
    }
    for (size_t i = model.block_count; i > 0; i--) {
        struct block *block = &model.blocks[i - 1];
        if (block->heap == index) {
            model_verify(block);
            model_remove(block);
        }
    }
    errno = ERRNO_MARK;
    mi_heap_destroy(heaps[index].heap);
    check_errno("mi_heap_destroy");
    forget_heap(index);
    model_verify_all();
}

static void op_heap_contains(void) {
    int index = some_heap();
    struct block *block = some_block();
    if (index == NO_HEAP || block == NULL) {
        return;
    }
    bool inside = block->heap == index;
    errno = ERRNO_MARK;
    if (mi_heap_contains_block(heaps[index].heap, block->p) != inside) {
        FAIL("heap %d does %scontain block %p", index, inside ? "not " : "", (void *)block->p);
    }
    if (mi_heap_check_owned(heaps[index].heap, block->p) != inside) {
        FAIL("heap %d does %sown block %p", index, inside ? "not " : "", (void *)block->p);
    }
    check_errno("a question");
}

struct visited {
    int heap;
    size_t count;
};

static bool visit(const mi_heap_t *heap, const mi_heap_area_t *area, void *block, size_t size,
                  void *arg) {
    struct visited *visited = arg;
    (void)heap;
    if (block == NULL) {
        return true;
    }
    /* an aligned block may begin later than the piece it was cut from */
    size_t at = model_find(block);
    struct block *found = at == model.block_count ? NULL : model.by_address[at];
    if (found == NULL || found->p + found->size > (unsigned char *)block + size) {
        FAIL("visited %p of %zu bytes (area %p, heap %d) is no live block", block, size,
             area->blocks, visited->heap);
    }
    if (found->heap != visited->heap) {
        FAIL("visited %p of %zu bytes in heap %d is one of %zu in heap %d", block, size,
             visited->heap, found->size, found->heap);
    }
    visited->count++;
    return true;
}
#endif

/* ---- threads ---------------------------------------------------------------------------- */

/* The second worker runs what it is handed while the first waits. */
static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void (*job)(void);
    bool ends;
} baton = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *second_worker(void *arg) {
    (void)arg;
    bool ends = false;
    pthread_mutex_lock(&baton.lock);
    while (!ends) {
        while (baton.job == NULL && !baton.ends) {
            pthread_cond_wait(&baton.changed, &baton.lock);
        }
        if (baton.job != NULL) {
            baton.job();
            baton.job = NULL;
            pthread_cond_signal(&baton.changed);
        }
        ends = baton.ends;
    }
    pthread_mutex_unlock(&baton.lock);
    return NULL;
}

static void start_second(void) {
    baton.ends = false;
    if (pthread_create(&baton.thread, NULL, second_worker, NULL) != 0) {
        FAIL("cannot start a thread, %zu blocks live", model.block_count);
    }
}

static void end_second(void) {
    pthread_mutex_lock(&baton.lock);
    baton.ends = true;
    pthread_cond_signal(&baton.changed);
    pthread_mutex_unlock(&baton.lock);
    pthread_join(baton.thread, NULL);
#ifndef STRESS_LIBC
    for (int h = 0; h < HEAP_MAX; h++) {
        if (heaps[h].heap != NULL && heaps[h].worker == 1) {
            forget_heap(h);
            for (size_t i = 0; i < model.block_count; i++) {
                if (model.blocks[i].heap == h) {
                    model.blocks[i].heap = NO_HEAP;
                }
            }
        }
    }
    default_heap[1] = NO_HEAP;
#endif
}

static void run_in(unsigned worker, void (*job)(void)) {
    model.worker = worker;
    if (worker == 0) {
        job();
        return;
    }
    pthread_mutex_lock(&baton.lock);
    baton.job = job;
    pthread_cond_signal(&baton.changed);
    while (baton.job != NULL) {
        pthread_cond_wait(&baton.changed, &baton.lock);
    }
    pthread_mutex_unlock(&baton.lock);
    model.worker = 0;
}

/* The second thread ends, its blocks live on, a new one takes its place. */
static void restart_second(void) {
    if (model.threads == 2) {
        end_second();
        start_second();
    }
}

#ifndef STRESS_LIBC
static void collect_here(void) {
    mi_collect(true);
}

static int visit_heap;

static void visit_here(void) {
    struct visited visited = {.heap = visit_heap, .count = 0};
    size_t expected = 0;
    for (size_t i = 0; i < model.block_count; i++) {
        expected += model.blocks[i].heap == visit_heap;
    }
    if (!mi_heap_visit_blocks(heaps[visit_heap].heap, true, visit, &visited) ||
        visited.count != expected) {
        FAIL("a visit of heap %d found %zu blocks of %zu", visit_heap, visited.count, expected);
    }
}

/* A visit is exact once every thread that freed into the heap has collected. */
static void visit_one_heap(void) {
    visit_heap = (int)below(HEAP_MAX);
    if (heaps[visit_heap].heap == NULL) {
        return;
    }
    for (unsigned worker = 0; worker < model.threads; worker++) {
        run_in(worker, collect_here);
    }
    run_in(heaps[visit_heap].worker, visit_here);
}
#endif

/* ---- the sequence ----------------------------------------------------------------------- */

static const struct operation {
    const char *name;
    unsigned weight;
    void (*run)(void);
    bool by_main; /* it hands out the baton itself */
} operations[] = {
    {"malloc", 700, op_malloc, false},
    {"zalloc", 200, op_zalloc, false},
    {"calloc", 200, op_calloc, false},
    {"aligned", 200, op_aligned, false},
    {"free", 1500, op_free, false},
    {"realloc", 300, op_realloc, false},
    {"grow", 15, op_grow, false},
    {"usable_size", 100, op_usable, false},
    {"verify", 100, op_verify, false},
    {"verify_all", 4, op_verify_all, false},
    {"free_many", 5, op_free_many, false},
    {"collect", 10, op_collect, false},
    {"too_large", 20, op_too_large, false},
    {"restart", 5, restart_second, true},
#ifndef STRESS_LIBC
    {"small", 200, op_small, false},
    {"aligned_at", 200, op_aligned_at, false},
    {"rezalloc", 300, op_rezalloc, false},
    {"realloc_other", 100, op_realloc_other, false},
    {"realloc_aligned", 150, op_realloc_aligned, false},
    {"expand", 150, op_expand, false},
    {"strdup", 50, op_strdup, false},
    {"good_size", 20, op_good_size, false},
    {"bad_alignment", 20, op_bad_alignment, false},
    {"heap_new", 40, op_heap_new, false},
    {"heap_malloc", 250, op_heap_malloc, false},
    {"heap_realloc", 100, op_heap_realloc, false},
    {"heap_default", 20, op_heap_default, false},
    {"heap_delete", 10, op_heap_delete, false},
    {"heap_destroy", 10, op_heap_destroy, false},
    {"heap_contains", 50, op_heap_contains, false},
    {"visit", 10, visit_one_heap, true},
#endif
};
enum { OPERATION_COUNT = sizeof operations / sizeof *operations };

static const struct operation *some_operation(void) {
    unsigned total = 0;
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        total += operations[i].weight;
    }
    unsigned choice = (unsigned)below(total);
    const struct operation *operation = operations;
    while (choice >= operation->weight) {
        choice -= operation->weight;
        operation++;
    }
    return operation;
}

static void run_sequence(uint64_t seed, size_t count, unsigned threads) {
    memset(&model, 0, sizeof model);
    model.seed = seed;
    model.rng.state = seed;
    model.threads = threads;
    model.name = "start";
    if (threads == 2) {
        start_second();
    }
    for (model.number = 1; model.number <= count; model.number++) {
        const struct operation *operation = some_operation();
        if (model.block_count + 16 > BLOCK_MAX) {
            operation = &operations[4]; /* free */
        }
        unsigned worker = threads == 2 ? (unsigned)below(2) : 0;
        model.name = operation->name;
        if (verbose) {
            fprintf(stderr, "op %zu: thread %u, %s\n", model.number, worker, operation->name);
        }
        if (operation->by_main) {
            operation->run();
        } else {
            run_in(worker, operation->run);
        }
    }
    model.name = "end";
    model_verify_all();
    if (threads == 2) {
        end_second();
    }
    while (model.block_count > 0) {
        give_back(&model.blocks[model.block_count - 1]);
    }
#ifndef STRESS_LIBC
    for (int h = 0; h < HEAP_MAX; h++) {
        if (heaps[h].heap != NULL) {
            mi_heap_destroy(heaps[h].heap);
            forget_heap(h);
        }
    }
#endif
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "-v") == 0) {
        verbose = true;
        argv[1] = argv[0];
        argc--;
        argv++;
    }
    size_t count = (size_t)argument(argc, argv, 2, IS_SANITIZED ? 4000 : 20000);
    unsigned threads = (unsigned)argument(argc, argv, 3, 0);
    if (threads > 2) {
        fail("usage: ops [-v] [SEED [COUNT [1|2]]]");
    }
    uint64_t first = argument(argc, argv, 1, 1);
    uint64_t last = argc > 1 ? first : 4;
    for (uint64_t seed = first; seed <= last; seed++) {
        for (unsigned t = 1; t <= 2; t++) {
            if (threads == 0 || threads == t) {
                run_sequence(seed, count, t);
                printf("ops: seed %llu, %zu operations, %u threads: good\n",
                       (unsigned long long)seed, count, t);
                fflush(stdout);
            }
        }
    }
    return 0;
}
