/* SPDX-License-Identifier: MIT */
/* A store of keys with a thread per shard: each thread takes its backing heap as the data heap,
   allocates every value from it, accounts by usable sizes, frees with the usable size, and looks
   for badly filled areas by walking the heap without its blocks. */
#define MI_API_VERSION 2
#include <mimalloc.h>

#include "support.h"

#include <pthread.h>

static _Thread_local mi_heap_t *data_heap;
static _Thread_local size_t used_memory;

static void *z_malloc(size_t size) {
    void *p = mi_heap_malloc(data_heap, size);
    CHECK(p != NULL);
    used_memory += mi_usable_size(p);
    return p;
}

static void *z_calloc(size_t count, size_t size) {
    void *p = mi_heap_calloc(data_heap, count, size);
    CHECK(p != NULL);
    used_memory += mi_usable_size(p);
    return p;
}

static void *z_realloc(void *p, size_t size) {
    size_t before = mi_usable_size(p);
    void *q = mi_heap_realloc(data_heap, p, size);
    CHECK(q != NULL);
    used_memory += mi_usable_size(q) - before;
    return q;
}

static void z_free(void *p) {
    size_t usable = mi_usable_size(p);
    CHECK(used_memory >= usable);
    used_memory -= usable;
    mi_free_size(p, usable);
}

struct sums {
    size_t areas, committed, used, badly_filled;
};

static bool sum_up(const mi_heap_t *heap, const mi_heap_area_t *area, void *block,
                   size_t block_size, void *arg) {
    struct sums *sums = arg;
    (void)heap;
    CHECK(block == NULL && block_size == area->block_size && area->used <= area->committed);
    sums->areas++;
    sums->committed += area->committed;
    sums->used += area->used;
    sums->badly_filled += area->used * 10 < area->committed * 8;
    return true;
}

static struct sums look(void) {
    struct sums sums = {0, 0, 0, 0};
    CHECK(mi_heap_visit_blocks(data_heap, false, sum_up, &sums));
    return sums;
}

/* Does the heap hold what the program counted?  Where not all of a block is usable (the debug and
   the secure library keep its end), at least that. */
static bool is_counted(size_t used) {
    void *p = mi_malloc(100);
    bool is_exact = mi_usable_size(p) > 100;
    mi_free(p);
    return is_exact ? used == used_memory : used >= used_memory;
}

enum { KEYS = 5000 };

static void *shard(void *arg) {
    data_heap = mi_heap_get_backing();
    CHECK(data_heap == mi_heap_set_default(data_heap));
    struct sums before = look();
    uint32_t random = (uint32_t)(size_t)arg;
    unsigned char *values[KEYS];
    size_t sizes[KEYS];
    for (int i = 0; i < KEYS; i++) {
        sizes[i] = 1 + next_random(&random) % (i % 200 == 0 ? 100000 : 300);
        values[i] = i % 2 == 0 ? z_malloc(sizes[i]) : z_calloc(1, sizes[i]);
        memset(values[i], i, sizes[i]);
    }
    for (int i = 0; i < KEYS; i += 3) {
        size_t size = sizes[i] + next_random(&random) % 1000;
        values[i] = z_realloc(values[i], size);
        CHECK(is_all(values[i], sizes[i], i));
    }
    /* What the areas say is used is what the program counted (and what it had before). */
    struct sums full = look();
    CHECK(is_counted(full.used - before.used));
    CHECK(full.committed >= full.used && full.areas > before.areas);
    for (int i = 0; i < KEYS; i++) {
        if (i % 50 != 0) {
            z_free(values[i]);
        }
    }
    struct sums sparse = look();
    CHECK(is_counted(sparse.used - before.used) && sparse.badly_filled > 0);
    for (int i = 0; i < KEYS; i += 50) {
        CHECK(is_all(values[i], sizes[i], i));
        z_free(values[i]);
    }
    CHECK(used_memory == 0 && look().used == before.used);
    mi_heap_collect(data_heap, true);
    mi_thread_done();
    return arg;
}

int main(void) {
    mi_option_set(mi_option_purge_delay, 10);
    mi_option_enable(mi_option_show_errors);
    CHECK(mi_option_get(mi_option_purge_delay) == 10);
    CHECK(mi_option_is_enabled(mi_option_show_errors));
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++) {
        CHECK(pthread_create(&threads[i], NULL, shard, (void *)(i + 1)) == 0);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    shard((void *)(size_t)9);
    return failures != 0;
}
