/* SPDX-License-Identifier: MIT */
/* The run time of a functional language: small objects with a count of references, shared between
   threads, of which the last one to let go frees; sizes that it knows when it frees; deferred
   freeing of deep structures. */
#define MI_API_VERSION 2
#include <mimalloc.h>

#include "support.h"

#include <pthread.h>
#include <stdatomic.h>

struct object {
    atomic_int count;
    unsigned child_count;
    struct object *next;
    struct object *children[];
};

static atomic_long live;

static size_t size_of(unsigned child_count) {
    return sizeof(struct object) + child_count * sizeof(struct object *);
}

static struct object *make(unsigned child_count) {
    size_t size = size_of(child_count);
    struct object *object = size <= MI_SMALL_SIZE_MAX ? mi_malloc_small(size) : mi_malloc(size);
    CHECK(object != NULL && mi_usable_size(object) >= size);
    atomic_init(&object->count, 1);
    object->child_count = child_count;
    atomic_fetch_add(&live, 1);
    return object;
}

/* What nobody holds any more, and what is still to be done for it. */
static _Thread_local struct object *deferred;

static void release(struct object *object) {
    if (atomic_fetch_sub(&object->count, 1) == 1) {
        object->next = deferred;
        deferred = object;
    }
}

static void free_deferred(size_t most) {
    while (deferred != NULL && most-- > 0) {
        struct object *object = deferred;
        deferred = object->next;
        for (unsigned i = 0; i < object->child_count; i++) {
            release(object->children[i]);
        }
        size_t size = size_of(object->child_count);
        if (object->child_count == 0) {
            mi_free_small(object);
        } else if (size <= MI_SMALL_SIZE_MAX) {
            mi_free_size(object, size);
        } else {
            mi_free(object);
        }
        atomic_fetch_sub(&live, 1);
    }
}

static atomic_int heartbeats;

static void on_heartbeat(bool force, unsigned long long heartbeat, void *arg) {
    CHECK(arg == &heartbeats);
    (void)heartbeat;
    atomic_fetch_add(&heartbeats, 1);
    free_deferred(force ? SIZE_MAX : 100);
}

/* A tree: leaves are shared by all nodes of a level. */
static struct object *tree(unsigned depth, unsigned width) {
    struct object *leaf = make(0);
    for (unsigned level = 0; level < depth; level++) {
        struct object *node = make(1 + (level * 7) % width);
        atomic_fetch_add(&leaf->count, (int)node->child_count - 1);
        for (unsigned i = 0; i < node->child_count; i++) {
            node->children[i] = leaf;
        }
        leaf = node;
    }
    return leaf;
}

enum { THREADS = 4, TREES = 50 };

static struct object *shared[TREES];

static void *work(void *arg) {
    for (int i = 0; i < TREES; i++) {
        release(tree(20, 300));
        release(shared[i]);
    }
    mi_heap_collect(mi_heap_get_default(), false);
    free_deferred(SIZE_MAX);
    return arg;
}

int main(void) {
    mi_deferred_free_fun *hook = on_heartbeat;
    mi_register_deferred_free(hook, &heartbeats);
    for (int i = 0; i < TREES; i++) {
        shared[i] = tree(40, 10);
        atomic_fetch_add(&shared[i]->count, THREADS - 1);
    }
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    mi_collect(true);
    CHECK(atomic_load(&live) == 0);
    CHECK(atomic_load(&heartbeats) > 0);
    mi_register_deferred_free(NULL, NULL);
    return failures != 0;
}
