/* SPDX-License-Identifier: MIT */
/* The faults that a tool is to tell of, one a run:  fault NAME, or (no fault) clean.  With LIBC the
   blocks come from malloc, else from mi_malloc. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef LIBC
#define TAKE(size) malloc(size)
#define CLEAR(count, size) calloc(count, size)
#define RESIZE(p, size) realloc(p, size)
#define GIVE(p) free(p)
#else
#include <mimalloc.h>
#define TAKE(size) mi_malloc(size)
#define CLEAR(count, size) mi_calloc(count, size)
#define RESIZE(p, size) mi_realloc(p, size)
#define GIVE(p) mi_free(p)
#endif

static volatile char sink;

static void *other(void *arg) {
    for (int i = 0; i < 500; i++)
        GIVE(((void **)arg)[i]);
    void *own[100];
    for (size_t i = 0; i < 100; i++)
        memset(own[i] = TAKE(i * 7 + 1), 1, i * 7 + 1);
    for (size_t i = 0; i < 100; i++)
        GIVE(own[i]);
    return NULL;
}

/* What is right, in all its ways: nothing is to be told. */
static void work(void) {
    static void *blocks[1000];
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 1000; i++) {
            size_t size = i * i % 3001 + (i % 100 == 0 ? 300000 : 0);
            blocks[i] = i % 2 ? TAKE(size) : CLEAR(1, size);
            if (i % 2 == 0)
                for (size_t j = 0; j < size; j += 16)
                    if (((char *)blocks[i])[j] != 0)
                        abort();
            memset(blocks[i], (int)i, size);
            blocks[i] = RESIZE(blocks[i], size + i % 50 * 8 + 1);
            if (size > 0 && ((char *)blocks[i])[size - 1] != (char)i)
                abort();
        }
        pthread_t thread;
        if (pthread_create(&thread, NULL, other, blocks) != 0 || pthread_join(thread, NULL) != 0)
            abort();
        for (size_t i = 500; i < 1000; i++)
            GIVE(blocks[i]);
    }
#ifndef LIBC
    mi_heap_t *heap = mi_heap_new();
    for (size_t i = 0; i < 300; i++)
        memset(blocks[i] = mi_heap_malloc_aligned_at(heap, i * 3, 64, 8), 1, i * 3);
    mi_free(blocks[7]);
    memset(mi_heap_rezalloc(heap, mi_heap_zalloc(heap, 10), 5000), 1, 5000);
    memset(mi_heap_malloc(heap, 1 << 20), 1, 1 << 20);
    mi_heap_destroy(heap);
    heap = mi_heap_new();
    char *p = mi_heap_malloc(heap, 100);
    memset(p, 1, mi_usable_size(p));
    mi_heap_delete(heap);
    mi_free(p);
    mi_collect(true);
    /* Of another allocator, and only a block of ours refers to it. */
    static void **kept;
    kept = mi_malloc(sizeof(*kept));
    *kept = malloc(48);
#endif
}

static __attribute__((noinline)) void read_past(size_t size) {
    char *p = CLEAR(1, size);
    sink = p[size];
    GIVE(p);
}

static __attribute__((noinline)) void write_past(size_t size) {
    char *p = TAKE(size);
    p[size] = 1;
    GIVE(p);
}

static __attribute__((noinline)) void read_freed(size_t size) {
    char *p = CLEAR(1, size);
    GIVE(p);
    sink = p[size / 2];
}

static __attribute__((noinline)) void read_shrunk(size_t size) {
    char *p = CLEAR(1, size);
    p = RESIZE(p, size - 4);
    sink = p[size - 2];
    GIVE(p);
}

static __attribute__((noinline)) void read_new(size_t size) {
    char *p = TAKE(size);
    if (p[size / 2] == 1)
        puts("one");
    GIVE(p);
}

static __attribute__((noinline)) void free_twice(size_t size) {
    char *p = TAKE(size);
    GIVE(p);
    GIVE(p);
}

static __attribute__((noinline)) void leak(size_t size) {
    memset(TAKE(size), 1, size);
}

/* What lies on the stack is no reference. */
static __attribute__((noinline)) void forget(void) {
    volatile char gone[4096];
    for (size_t i = 0; i < sizeof(gone); i++)
        gone[i] = 0;
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "clean";
    size_t size = argc > 2 ? strtoul(argv[2], NULL, 10) : 40;
    work();
    if (strcmp(name, "read-past") == 0)
        read_past(size);
    else if (strcmp(name, "write-past") == 0)
        write_past(size);
    else if (strcmp(name, "read-freed") == 0)
        read_freed(size);
    else if (strcmp(name, "read-shrunk") == 0)
        read_shrunk(size);
    else if (strcmp(name, "read-new") == 0)
        read_new(size);
    else if (strcmp(name, "free-twice") == 0)
        free_twice(size);
    else if (strcmp(name, "leak") == 0)
        leak(size);
    forget();
    return 0;
}
