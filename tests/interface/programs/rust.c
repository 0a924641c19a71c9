/* SPDX-License-Identifier: MIT */
/* A language that cannot read the header: it declares the functions by itself, from the names and
   what their arguments are elsewhere, and makes of them the allocator of all its programs.
   programs.sh also compiles this file with the header in front, where a declaration that differs
   from the library's is an error. */
#include "support.h"

#include <stdbool.h>

typedef struct mi_heap_s mi_heap_t;
typedef struct mi_heap_area_s mi_heap_area_t;
typedef void (*deferred_free)(bool force, unsigned long long heartbeat, void *arg);
typedef void (*output)(const char *message, void *arg);
typedef bool (*block_visit)(const mi_heap_t *heap, const mi_heap_area_t *area, void *block,
                            size_t block_size, void *arg);

void *mi_malloc(size_t size);
void *mi_zalloc(size_t size);
void *mi_realloc(void *p, size_t newsize);
void *mi_zalloc_aligned(size_t size, size_t alignment);
void *mi_malloc_aligned(size_t size, size_t alignment);
void *mi_realloc_aligned(void *p, size_t newsize, size_t alignment);
void *mi_rezalloc_aligned(void *p, size_t newsize, size_t alignment);
void *mi_malloc_aligned_at(size_t size, size_t alignment, size_t offset);
void mi_free(void *p);
size_t mi_usable_size(const void *p);
void *mi_calloc(size_t count, size_t size);
void *mi_mallocn(size_t count, size_t size);
void *mi_expand(void *p, size_t newsize);
size_t mi_good_size(size_t size);
void mi_collect(bool force);
int mi_version(void);
void mi_process_info(size_t *elapsed_msecs, size_t *user_msecs, size_t *system_msecs,
                     size_t *current_rss, size_t *peak_rss, size_t *current_commit,
                     size_t *peak_commit, size_t *page_faults);
mi_heap_t *mi_heap_new(void);
void mi_heap_delete(mi_heap_t *heap);
void mi_heap_destroy(mi_heap_t *heap);
mi_heap_t *mi_heap_set_default(mi_heap_t *heap);
mi_heap_t *mi_heap_get_default(void);
void *mi_heap_malloc(mi_heap_t *heap, size_t size);
void *mi_heap_zalloc_aligned(mi_heap_t *heap, size_t size, size_t alignment);
void *mi_heap_realloc_aligned(mi_heap_t *heap, void *p, size_t newsize, size_t alignment);
bool mi_heap_check_owned(mi_heap_t *heap, const void *p);
char *mi_strdup(const char *s);
void mi_register_deferred_free_v2(deferred_free out, void *arg);
void mi_stats_print_out(output out, void *arg);
bool mi_heap_visit_blocks(const mi_heap_t *heap, bool visit_all_blocks, block_visit visitor,
                          void *arg);

struct layout {
    size_t size, alignment;
};

static void *alloc(struct layout layout) {
    return mi_malloc_aligned(layout.size, layout.alignment);
}
static void *alloc_zeroed(struct layout layout) {
    return mi_zalloc_aligned(layout.size, layout.alignment);
}
static void dealloc(void *p, struct layout layout) {
    (void)layout;
    mi_free(p);
}
static void *grow(void *p, struct layout layout, size_t newsize) {
    return mi_realloc_aligned(p, newsize, layout.alignment);
}

static void layouts(void) {
    for (size_t alignment = 1; alignment <= 8192; alignment *= 2) {
        for (size_t size = 1; size < 300000; size = size * 3 + 1) {
            struct layout layout = {size, alignment};
            unsigned char *p = alloc(layout);
            CHECK(p != NULL && is_aligned(p, alignment));
            memset(p, 5, size);
            p = grow(p, layout, size * 2);
            CHECK(p != NULL && is_aligned(p, alignment) && is_all(p, size, 5));
            dealloc(p, layout);
            p = alloc_zeroed(layout);
            CHECK(p != NULL && is_aligned(p, alignment) && is_all(p, size, 0));
            p = mi_rezalloc_aligned(p, size * 2, alignment);
            CHECK(p != NULL && is_aligned(p, alignment) && is_all(p, size * 2, 0));
            dealloc(p, layout);
        }
    }
    unsigned char *p = mi_malloc_aligned_at(1000, 256, 24);
    CHECK(is_aligned(p + 24, 256));
    mi_free(p);
}

static void count_bytes(const char *message, void *arg) {
    *(size_t *)arg += strlen(message);
}

static bool count_blocks(const mi_heap_t *heap, const mi_heap_area_t *area, void *block,
                         size_t block_size, void *arg) {
    (void)heap;
    (void)area;
    (void)block_size;
    *(size_t *)arg += block != NULL;
    return true;
}

static void on_heartbeat(bool force, unsigned long long heartbeat, void *arg) {
    (void)heartbeat;
    *(size_t *)arg += force;
}

static void extended(void) {
    mi_heap_t *heap = mi_heap_new();
    mi_heap_t *before = mi_heap_set_default(heap);
    CHECK(mi_heap_get_default() == heap);
    void *p = mi_malloc(100);
    CHECK(mi_heap_check_owned(heap, p) && !mi_heap_check_owned(before, p));
    mi_heap_set_default(before);
    p = mi_heap_realloc_aligned(heap, p, 1000, 64);
    CHECK(is_aligned(p, 64) && mi_usable_size(p) >= 1000 && mi_expand(p, 1000) == p);
    CHECK(is_all(mi_heap_zalloc_aligned(heap, 500, 32), 500, 0));
    size_t blocks = 0, bytes = 0, forced = 0;
    CHECK(mi_heap_visit_blocks(heap, true, count_blocks, &blocks) && blocks == 2);
    mi_heap_destroy(heap);
    mi_heap_delete(mi_heap_new());

    p = mi_heap_malloc(NULL, 0);
    CHECK(p != NULL);
    mi_free(p);
    mi_stats_print_out(count_bytes, &bytes);
    CHECK(bytes > 0 && mi_version() >= 100 && mi_good_size(100) >= 100);
    mi_register_deferred_free_v2(on_heartbeat, &forced);
    mi_collect(true);
    mi_register_deferred_free_v2(NULL, NULL);
    CHECK(forced > 0);
    size_t peak_rss = 0;
    mi_process_info(NULL, NULL, NULL, NULL, &peak_rss, NULL, NULL, NULL);
    CHECK(peak_rss > 0);
    char *text = mi_strdup("text");
    text = mi_realloc(text, 100);
    CHECK(strcmp(text, "text") == 0);
    mi_free(text);
    mi_free(mi_mallocn(10, 10));
    p = mi_calloc(10, 10);
    CHECK(is_all(p, 100, 0));
    mi_free(p);
    p = mi_zalloc(7);
    CHECK(is_all(p, 7, 0));
    mi_free(p);
}

int main(void) {
    layouts();
    extended();
    return failures != 0;
}
