/* SPDX-License-Identifier: MIT */
/* A program that was written for several systems and is moved over by one header, included last:
   the names of Standard C, of POSIX and the BSDs, and those of Windows, each call served. */
#include "support.h"

#include <stdlib.h>

#include <mimalloc-override.h>

/* Is p a block of the library with at least `size` bytes, which are `byte`? */
static int serves(void *p, size_t size, int byte) {
    return mi_is_in_heap_region(p) && mi_usable_size(p) >= size && is_all(p, size, byte);
}

static void standard(void) {
    char *p = malloc(100);
    memset(p, 1, 100);
    p = realloc(p, 1000);
    CHECK(serves(p, 100, 1));
    free_sized(p, 1000);
    p = calloc(10, 30);
    CHECK(serves(p, 300, 0));
    free(p);
    p = aligned_alloc(64, 128);
    CHECK(serves(p, 0, 0) && is_aligned(p, 64));
    free_aligned_sized(p, 64, 128);
    p = strdup("two words");
    CHECK(mi_is_in_heap_region(p) && strcmp(p, "two words") == 0);
    char *q = strndup(p, 3);
    CHECK(mi_is_in_heap_region(q) && strcmp(q, "two") == 0);
    free(p);
    free(q);
}

static void systems(void) {
    void *p = NULL;
    CHECK(posix_memalign(&p, 256, 1000) == 0 && serves(p, 0, 0) && is_aligned(p, 256));
    CHECK(malloc_usable_size(p) == malloc_size(p) && malloc_size(p) >= 1000);
    CHECK(malloc_good_size(1000) >= 1000);
    p = reallocf(p, 2000);
    CHECK(serves(p, 0, 0));
    p = reallocarray(p, 100, 30);
    CHECK(mi_usable_size(p) >= 3000);
    CHECK(reallocarr(&p, 200, 30) == 0 && mi_usable_size(p) >= 6000);
    cfree(p);
    p = memalign(1024, 10);
    CHECK(is_aligned(p, 1024) && serves(p, 0, 0));
    free(p);
    p = valloc(10);
    CHECK(is_aligned(p, 4096) && serves(p, 0, 0));
    free(p);
    p = pvalloc(10);
    CHECK(is_aligned(p, 4096) && mi_usable_size(p) >= 4096);
    free(p);
    char *path = realpath("/.", NULL);
    CHECK(mi_is_in_heap_region(path) && strcmp(path, "/") == 0);
    free(path);
    /* The C library's own by its name in parentheses, for what it allocated by itself. */
    void *theirs = (malloc)(10);
    (free)(theirs);
}

static void windows(void) {
    char *p = _strdup("text");
    CHECK(mi_is_in_heap_region(p) && _expand(p, 5) == p && _msize(p) >= 5);
    p = _recalloc(p, 10, 100);
    CHECK(strcmp(p, "text") == 0 && _msize(p) >= 1000);
    free(p);
    p = _strndup("text", 2);
    CHECK(strcmp(p, "te") == 0);
    free(p);
    unsigned char *bytes = _mbsdup((const unsigned char *)"bytes");
    CHECK(mi_is_in_heap_region(bytes) && bytes[4] == 's');
    free(bytes);
    size_t size = 1;
    CHECK(_dupenv_s(&p, &size, "NO_SUCH_VARIABLE_IS_SET") == 0 && p == NULL && size == 0);

    void *q = _aligned_malloc(1000, 128);
    CHECK(is_aligned(q, 128) && _aligned_msize(q, 128, 0) >= 1000);
    q = _aligned_realloc(q, 2000, 128);
    CHECK(is_aligned(q, 128));
    _aligned_free(q);
    q = _aligned_recalloc(NULL, 10, 100, 512);
    CHECK(is_aligned(q, 512) && serves(q, 1000, 0));
    _aligned_free(q);
    q = _aligned_offset_malloc(1000, 256, 16);
    CHECK(is_aligned((char *)q + 16, 256));
    q = _aligned_offset_realloc(q, 3000, 256, 16);
    CHECK(is_aligned((char *)q + 16, 256));
    _aligned_free(q);
    q = _aligned_offset_recalloc(NULL, 10, 100, 256, 16);
    CHECK(is_aligned((char *)q + 16, 256) && serves(q, 1000, 0));
    _aligned_free(q);
}

int main(void) {
    standard();
    systems();
    windows();
    return failures != 0;
}
