/* SPDX-License-Identifier: MIT */
/* mimalloc-override.h: a program that knows only the names of C libraries, all of them.  It is
   compiled as C90 to C2x and as C++98 to C++20. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <mimalloc-override.h>

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition) && failures++ < 20) {                                                     \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            fflush(stdout);                                                                        \
        }                                                                                          \
    } while (0)

/* A block of ours, of that size at least; frees it. */
static void ours(void *p, size_t size) {
    CHECK(p != NULL && mi_is_in_heap_region(p));
    CHECK(malloc_usable_size(p) >= size);
    free(p);
}

static void ours_on(void *p, size_t size, size_t alignment, size_t offset) {
    CHECK(((size_t)p + offset) % alignment == 0);
    ours(p, size);
}

static void check_standard(void) {
    static const size_t primes[] = {5, 7, 11, 13};
    char *text;
    void *p;
    size_t i;
    ours(malloc(100), 100);
    ours(calloc(10, 10), 100);
    p = malloc(10);
    ours(realloc(p, 1000), 1000);
    ours_on(aligned_alloc(256, 512), 512, 256, 0);
    p = malloc(100);
    free_sized(p, 100);
    /* Sizes that are no alignment of the block: the debug library notices if the two are swapped.
     */
    for (i = 0; i < sizeof primes / sizeof *primes; i++) {
        p = aligned_alloc(64, 64 * primes[i]);
        free_aligned_sized(p, 64, 64 * primes[i]);
    }
    text = strdup("text");
    CHECK(strcmp(text, "text") == 0);
    ours(text, 5);
    text = strndup("text", 2);
    CHECK(strcmp(text, "te") == 0);
    ours(text, 3);
}

static void check_posix(void) {
    void *p = NULL;
    CHECK(posix_memalign(&p, 4096, 100) == 0);
    ours_on(p, 100, 4096, 0);
    ours_on(memalign(64, 100), 100, 64, 0);
    ours_on(valloc(100), 100, (size_t)sysconf(_SC_PAGESIZE), 0);
    ours_on(pvalloc(100), (size_t)sysconf(_SC_PAGESIZE), (size_t)sysconf(_SC_PAGESIZE), 0);
    p = malloc(10);
    p = reallocarray(p, 10, 20);
    CHECK(reallocarr(&p, 30, 20) == 0);
    ours(reallocf(p, 1000), 1000);
    p = malloc(10);
    cfree(p);
    ours(realpath(".", NULL), 2);
    p = malloc(100);
    CHECK(malloc_size(p) >= 100 && malloc_size(p) <= malloc_good_size(100));
    CHECK(malloc_usable_size(p) == malloc_size(p));
    free(p);
}

static void check_windows(void) {
    char *value = NULL;
    size_t size = 0;
    void *p = malloc(100);
    CHECK(_expand(p, 50) == p && _msize(p) >= 50);
    p = _recalloc(p, 10, 20);
    ours(p, 200);
    ours(_strdup("text"), 5);
    ours(_strndup("text", 2), 3);
    ours(_mbsdup((const unsigned char *)"text"), 5);
    CHECK(_dupenv_s(&value, &size, "PATH") == 0);
    CHECK(value == NULL || strlen(value) + 1 == size);
    free(value);

    p = _aligned_malloc(100, 64);
    CHECK(_aligned_msize(p, 64, 0) >= 100);
    p = _aligned_realloc(p, 200, 64);
    p = _aligned_recalloc(p, 10, 40, 64);
    CHECK((size_t)p % 64 == 0);
    _aligned_free(p);
    p = _aligned_offset_malloc(100, 64, 8);
    p = _aligned_offset_realloc(p, 200, 64, 8);
    p = _aligned_offset_recalloc(p, 10, 40, 64, 8);
    ours_on(p, 400, 64, 8);
}

/* Only calls are replaced. */
struct stack {
    int free;
    void (*release)(void *p);
    void *(*malloc)(size_t size);
};

static void check_names(void) {
    struct stack stack;
    void *foreign;
    stack.free = 3;
    stack.release = free;
    stack.malloc = malloc;
    foreign = (stack.malloc)(100);
    CHECK(stack.free == 3 && foreign != NULL);
    CHECK(mi_is_in_heap_region(foreign) == mi_is_redirected());
    stack.release(foreign);
    foreign = (malloc)(100);
    CHECK(foreign != NULL && mi_is_in_heap_region(foreign) == mi_is_redirected());
    (free)(foreign);
}

#ifdef __cplusplus
/* A class may have functions of these names. */
struct pool {
    int *place;
    pool() : place(NULL) {
    }
    void free(int *p) {
        place = p;
    }
    int *malloc(int) {
        return place;
    }
};

static void check_cxx(void) {
    ours(std::malloc(100), 100);
    ours(::malloc(100), 100);
    void *p = std::calloc(10, 10);
    p = std::realloc(p, 1000);
    CHECK(mi_is_in_heap_region(p));
    std::free(p);
    int number = 1;
    pool numbers;
    numbers.free(&number);
    CHECK(numbers.malloc(1) == &number);
    {
        using namespace std;
        ours(malloc(100), 100);
    }
}
#endif

#if WCHAR_MAX <= 0xFFFF
static void check_wide(void) {
    wchar_t *value = NULL;
    wchar_t *text = _wcsdup(L"text");
    CHECK(text != NULL && text[3] == L't' && text[4] == 0);
    ours(text, 10);
    CHECK(_wdupenv_s(&value, NULL, L"PATH") == EINVAL && value == NULL);
}
#endif

int main(void) {
    check_standard();
    check_posix();
    check_windows();
    check_names();
#ifdef __cplusplus
    check_cxx();
#endif
#if WCHAR_MAX <= 0xFFFF
    check_wide();
#endif
    return failures == 0 ? 0 : 1;
}
