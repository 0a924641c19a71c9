/* SPDX-License-Identifier: MIT */
/* What C, POSIX and GNU say about the allocation functions, in one table of rules. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "support.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

void *memalign(size_t alignment, size_t size);
void *valloc(size_t size);
size_t malloc_usable_size(void *p);

enum { BEFORE = 4242 }; /* an errno that nobody sets */

static void *by_malloc(size_t size) {
    return malloc(size);
}
static void *by_calloc(size_t size) {
    return calloc(1, size);
}
static void *by_calloc_count(size_t size) {
    return calloc(size, 1);
}
static void *by_realloc(size_t size) {
    return realloc(NULL, size);
}
static void *by_aligned_alloc(size_t size) {
    return aligned_alloc(64, size);
}
static void *by_memalign(size_t size) {
    return memalign(64, size);
}
static void *by_valloc(size_t size) {
    return valloc(size);
}
#ifdef __GLIBC__
static void *by_pvalloc(size_t size) {
    return pvalloc(size);
}
static void *by_reallocarray(size_t size) {
    return reallocarray(NULL, 1, size);
}
#endif

static const struct {
    const char *name;
    void *(*allocate)(size_t size);
} allocators[] = {
    {"malloc", by_malloc},
    {"calloc", by_calloc},
    {"calloc (count)", by_calloc_count},
    {"realloc", by_realloc},
    {"aligned_alloc", by_aligned_alloc},
    {"memalign", by_memalign},
    {"valloc", by_valloc},
#ifdef __GLIBC__
    {"pvalloc", by_pvalloc},
    {"reallocarray", by_reallocarray},
#endif
};
#define COUNT(table) (sizeof(table) / sizeof *(table))

static void each_allocator_serves(void) {
    static const size_t sizes[] = {0, 1, 8, 16, 17, 100, 1000, 5000, 40000, 300000, 5000000};
    for (size_t i = 0; i < COUNT(allocators); i++) {
        for (size_t j = 0; j < COUNT(sizes); j++) {
            errno = BEFORE;
            char *p = allocators[i].allocate(HIDDEN(sizes[j]));
            char *q = allocators[i].allocate(HIDDEN(sizes[j]));
            CHECK(errno == BEFORE);
            CHECK(served(p) && served(q) && p != q);
            CHECK((uintptr_t)p % 16 == 0);
            CHECK(malloc_usable_size(p) >= sizes[j]);
            if (p != NULL) {
                memset(p, 1, malloc_usable_size(p));
            }
            free(p);
            free(q);
            CHECK(errno == BEFORE);
        }
    }
}

static void too_large(void) {
    static const size_t sizes[] = {SIZE_MAX,         SIZE_MAX - 1,     SIZE_MAX - 63,
                                   SIZE_MAX - 4095,  SIZE_MAX - 16383, (size_t)PTRDIFF_MAX + 1,
                                   SIZE_MAX / 2 + 2, SIZE_MAX / 4 * 3};
    for (size_t i = 0; i < COUNT(allocators); i++) {
        for (size_t j = 0; j < COUNT(sizes); j++) {
            errno = 0;
            void *p = allocators[i].allocate(HIDDEN(sizes[j]));
            if (p != NULL || errno != ENOMEM) {
                printf("%s(%#zx):\n", allocators[i].name, sizes[j]);
            }
            CHECK(p == NULL && errno == ENOMEM);
        }
    }
    char *volatile old = malloc(100);
    memset(old, 7, 100);
    errno = 0;
    CHECK(realloc(old, HIDDEN(SIZE_MAX - 8)) == NULL && errno == ENOMEM);
    CHECK(old[0] == 7 && old[99] == 7);
    free(old);
}

static void products_overflow(void) {
    static const size_t pairs[][2] = {
        {SIZE_MAX, 2},
        {2, SIZE_MAX},
        {SIZE_MAX / 2 + 1, 2},
        {SIZE_MAX / 3 + 1, 3},
        {(size_t)1 << (sizeof(size_t) * 4), (size_t)1 << (sizeof(size_t) * 4)},
        {SIZE_MAX, SIZE_MAX}};
    for (size_t i = 0; i < COUNT(pairs); i++) {
        errno = 0;
        CHECK(calloc(HIDDEN(pairs[i][0]), pairs[i][1]) == NULL && errno == ENOMEM);
#ifdef __GLIBC__
        char *volatile old = malloc(8); /* volatile: it is used after the call that failed */
        old[0] = 3;
        errno = 0;
        CHECK(reallocarray(old, HIDDEN(pairs[i][0]), pairs[i][1]) == NULL && errno == ENOMEM);
        CHECK(old[0] == 3);
        free(old);
#endif
    }
}

static void calloc_is_zero(void) {
    for (size_t size = 1; size < 3000000; size += size / 2 + 1) {
        for (int round = 0; round < 3; round++) {
            unsigned char *p = calloc(3, HIDDEN(size));
            size_t dirty = 0;
            for (size_t i = 0; i < 3 * size; i++) {
                dirty += p[i] != 0;
            }
            CHECK(dirty == 0);
            memset(p, 0xa5, malloc_usable_size(p));
            free(p);
        }
    }
    CHECK(served(calloc(HIDDEN(0), 8)));
}

static void realloc_rules(void) {
    errno = BEFORE;
    void *p = malloc(HIDDEN(10));
    p = realloc(p, HIDDEN(0)); /* frees, and that is no failure */
    CHECK(p == NULL && errno == BEFORE);
    p = realloc(NULL, HIDDEN(0));
    CHECK(served(p));
    free(p);
#ifdef __GLIBC__
    p = malloc(10);
    p = reallocarray(p, 0, HIDDEN(8));
    CHECK(p == NULL && errno == BEFORE);
#endif
    /* Freed indeed: this much would not fit otherwise. */
    for (int i = 0; i < 100000; i++) {
        p = malloc(HIDDEN(1000000));
        CHECK(p != NULL);
        p = realloc(p, HIDDEN(0));
    }
    unsigned char *q = NULL;
    size_t old = 0;
    for (size_t size = 1; size < 4000000; size += size / 3 + 1) {
        q = realloc(q, size);
        CHECK(served(q));
        CHECK(old == 0 || (q[0] == 1 && q[old - 1] == 1));
        memset(q, 1, size);
        old = size;
    }
    while (old > 1) {
        old /= 2;
        q = realloc(q, old);
        CHECK(q[0] == 1 && q[old - 1] == 1);
    }
    free(q);
    CHECK(errno == BEFORE);
}

static void posix_memalign_rules(void) {
    static const size_t wrong[] = {0, 1, 2, 3, 4, 7, 15, 24, 4097, SIZE_MAX, SIZE_MAX / 2};
    void *p = &p;
    errno = BEFORE;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        if (wrong[i] % sizeof(void *) != 0 || (wrong[i] & (wrong[i] - 1)) != 0 || wrong[i] == 0) {
            CHECK(posix_memalign(&p, HIDDEN(wrong[i]), 8) == EINVAL);
        }
    }
    CHECK(posix_memalign(&p, HIDDEN(64), SIZE_MAX) == ENOMEM);
    CHECK(posix_memalign(&p, 64, (size_t)PTRDIFF_MAX + 1) == ENOMEM);
    CHECK(posix_memalign(&p, SIZE_MAX / 2 + 1, 8) == ENOMEM);
    CHECK(p == &p && errno == BEFORE);
    for (size_t alignment = sizeof(void *); alignment <= 4u << 20; alignment *= 2) {
        for (size_t size = 0; size <= 3 * alignment; size += alignment / 2 + 1) {
            CHECK(posix_memalign(&p, alignment, HIDDEN(size)) == 0);
            CHECK(served(p) && (uintptr_t)p % alignment == 0 && malloc_usable_size(p) >= size);
            memset(p, 9, size);
            if (size > 16) {
                p = realloc(p, size * 2);
                CHECK(((char *)p)[0] == 9 && ((char *)p)[size - 1] == 9);
            }
            free(p);
        }
    }
    CHECK(errno == BEFORE);
}

static void other_alignments(void) {
    static const size_t invalid[] = {0, 3, 24, 65, SIZE_MAX};
    for (size_t i = 0; i < COUNT(invalid); i++) {
        errno = 0;
        CHECK(aligned_alloc(HIDDEN(invalid[i]), 64) == NULL && errno == EINVAL);
    }
    errno = 0;
    CHECK(aligned_alloc(HIDDEN(SIZE_MAX / 2 + 1), 64) == NULL && errno == EINVAL);
    errno = BEFORE;
    void *p = aligned_alloc(1, HIDDEN(64));
    CHECK(served(p));
    free(p);
    p = aligned_alloc(256, HIDDEN(100)); /* no multiple: allowed since C17 */
    CHECK(served(p) && (uintptr_t)p % 256 == 0);
    free(p);
    CHECK(errno == BEFORE);

    /* GNU: the next power of two. */
    static const size_t rounded[][2] = {{0, 1},   {1, 1},    {3, 4},       {24, 32},
                                        {48, 64}, {65, 128}, {4097, 8192}, {100000, 131072}};
    for (size_t i = 0; i < COUNT(rounded); i++) {
        p = memalign(HIDDEN(rounded[i][0]), 40);
        CHECK(served(p) && (uintptr_t)p % rounded[i][1] == 0);
        free(p);
    }
    CHECK(errno == BEFORE);
    CHECK(memalign(HIDDEN(SIZE_MAX / 2 + 2), 8) == NULL && errno == EINVAL);
}

static void whole_pages(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    errno = BEFORE;
    void *p = valloc(HIDDEN(10));
    CHECK(served(p) && (uintptr_t)p % page == 0);
    free(p);
#ifdef __GLIBC__
    static const size_t sizes[] = {0, 1, 4000, 4096, 5000, 70000};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        p = pvalloc(HIDDEN(sizes[i]));
        size_t whole = sizes[i] == 0 ? page : (sizes[i] + page - 1) / page * page;
        CHECK(served(p) && (uintptr_t)p % page == 0 && malloc_usable_size(p) >= whole);
        memset(p, 1, whole);
        free(p);
    }
    CHECK(errno == BEFORE);
    CHECK(pvalloc(HIDDEN(SIZE_MAX - 100)) == NULL && errno == ENOMEM);
#endif
}

static void null_is_harmless(void) {
    errno = BEFORE;
    free(NULL);
    CHECK(malloc_usable_size(NULL) == 0);
    CHECK(errno == BEFORE);
}

/* Names that this C library may lack; the loader, or the linker of a static program, finds ours. */
typedef void free_function(void *p);
typedef void free_sized_function(void *p, size_t size);
typedef void free_aligned_sized_function(void *p, size_t alignment, size_t size);
#ifdef NAMES_LINKED
void cfree(void *p);
void free_sized(void *p, size_t size);
void free_aligned_sized(void *p, size_t alignment, size_t size);
#define FIND(type, name) (&name)
#else
#define FIND(type, name) ((type *)(uintptr_t)dlsym(RTLD_DEFAULT, #name))
#endif

static void other_frees(void) {
    free_sized_function *sized = FIND(free_sized_function, free_sized);
    free_aligned_sized_function *aligned = FIND(free_aligned_sized_function, free_aligned_sized);
    CHECK(sized != NULL && aligned != NULL);
    errno = BEFORE;
    for (int i = 0; i < 100000; i++) { /* would not fit if they did nothing */
        sized(malloc(HIDDEN(500000)), 500000);
        aligned(aligned_alloc(64, HIDDEN(640000)), 64, 640000);
    }
    sized(NULL, 0);
    aligned(NULL, 64, 0);
#ifdef __GLIBC__
    free_function *old = FIND(free_function, cfree);
    CHECK(old != NULL);
    for (int i = 0; i < 100000; i++) {
        old(malloc(HIDDEN(500000)));
    }
    old(NULL);
#endif
    CHECK(errno == BEFORE);
}

/* Who says a size that the block cannot have is told so by the strict variants. */
static void wrong_sizes(void) {
    if (!is_strict()) {
        return;
    }
    free_sized_function *sized = FIND(free_sized_function, free_sized);
    pid_t child = fork();
    if (child == 0) {
        sized(malloc(HIDDEN(10)), 5000);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void library_results(void) {
    char *text = strdup("served");
    CHECK(served(text) && strcmp(text, "served") == 0);
    free(text);
    text = strndup("served", 3);
    CHECK(served(text) && strcmp(text, "ser") == 0);
    free(text);
    CHECK(asprintf(&text, "%d %s", 12, "parts") == 8);
    CHECK(served(text));
    free(text);
    text = realpath("/", NULL);
    CHECK(served(text));
    free(text);
    text = getcwd(NULL, 0);
    CHECK(served(text));
    free(text);
    char *line = NULL;
    size_t room = 0;
    FILE *stream = fopen("/proc/self/maps", "r");
    if (stream != NULL) {
        CHECK(getline(&line, &room, stream) > 0 && served(line));
        fclose(stream);
    }
    free(line);
    stream = open_memstream(&text, &room);
    for (int i = 0; i < 10000; i++) {
        fputs("grow", stream);
    }
    fclose(stream);
    CHECK(served(text) && room == 40000);
    free(text);
}

#if defined(__GLIBC__) && !defined(NAMES_LINKED)
/* A block of the C library's own allocator, as one made before we were there: realloc finds the
   realloc that knows it. */
static void foreign_blocks(void) {
    if (is_strict()) {
        return;
    }
    void *libc = dlopen("libc.so.6", RTLD_NOW);
    void *(*their_malloc)(size_t) = (void *(*)(size_t))(uintptr_t)dlsym(libc, "malloc");
    void (*their_free)(void *) = (void (*)(void *))(uintptr_t)dlsym(libc, "free");
    CHECK(their_malloc != malloc && their_free != free);
    char *p = their_malloc(100);
    CHECK(!served(p) && malloc_usable_size(p) == 0);
    memset(p, 5, 100);
    p = realloc(p, HIDDEN(5000));
    CHECK(p != NULL && !served(p) && p[0] == 5 && p[99] == 5);
    p = realloc(p, HIDDEN(200000));
    CHECK(p != NULL && !served(p) && p[0] == 5 && p[99] == 5);
    their_free(p);
}
#endif

#ifdef __GLIBC__
static size_t resident(void) {
    size_t pages = 0, all;
    FILE *stream = fopen("/proc/self/statm", "r");
    if (stream == NULL || fscanf(stream, "%zu %zu", &all, &pages) != 2) {
        pages = 0;
    }
    if (stream != NULL) {
        fclose(stream);
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void trim(void) {
    enum { BLOCKS = 4000, BLOCK = 16000 };
    static void *block[BLOCKS];
    size_t before = resident();
    for (int i = 0; i < BLOCKS; i++) {
        block[i] = malloc(HIDDEN(BLOCK));
        memset(block[i], 1, BLOCK);
    }
    CHECK(resident() > before + BLOCKS * BLOCK / 2);
    for (int i = 0; i < BLOCKS; i++) {
        free(block[i]);
    }
    errno = BEFORE;
    int first = malloc_trim(0);
    CHECK(first == 0 || first == 1);
    CHECK(resident() < before + (8u << 20));
    /* Nothing is left to give back, and it says so. */
    int last = 1;
    for (int i = 0; last != 0 && i < 10; i++) {
        last = malloc_trim(0);
    }
    CHECK(last == 0);
    CHECK(errno == BEFORE);
}

static void tuning(void) {
    static const int known[] = {M_MXFAST,         M_TRIM_THRESHOLD, M_TOP_PAD,
                                M_MMAP_THRESHOLD, M_MMAP_MAX,       M_PERTURB,
                                M_CHECK_ACTION,   M_ARENA_TEST,     M_ARENA_MAX};
    for (size_t i = 0; i < COUNT(known); i++) {
        CHECK(mallopt(known[i], 1) == 1);
    }
    CHECK(mallopt(12345, 1) == 0);
}

static void totals(void) {
    enum { LARGE = 64 << 20 };
    struct mallinfo2 before = mallinfo2();
    char *p = malloc(HIDDEN(LARGE));
    memset(p, 1, LARGE);
    struct mallinfo2 after = mallinfo2();
    CHECK(after.uordblks + after.hblkhd >= before.uordblks + before.hblkhd + LARGE);
    CHECK(after.arena == after.uordblks + after.fordblks);
    CHECK(after.usmblks >= after.arena);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    struct mallinfo small = mallinfo();
#pragma GCC diagnostic pop
    CHECK(small.arena == small.uordblks + small.fordblks);
    CHECK(small.uordblks > LARGE / 2 && small.fordblks >= 0);
    free(p);
    struct mallinfo2 end = mallinfo2();
    CHECK(end.uordblks < after.uordblks);
    CHECK(end.arena == end.uordblks + end.fordblks);
}

/* Elements are nested properly; good enough for text without quoted brackets. */
static int is_well_formed(const char *text) {
    char open[16][32];
    int depth = 0;
    for (const char *at = strchr(text, '<'); at != NULL; at = strchr(at, '<')) {
        const char *end = strchr(at, '>');
        if (end == NULL) {
            return 0;
        }
        size_t length = strcspn(at + 1, " />");
        if (strncmp(at, "<!--", 4) == 0) {
            end = strstr(at, "-->");
            if (end == NULL) {
                return 0;
            }
        } else if (at[1] == '/') {
            length = strcspn(at + 2, " >");
            if (depth-- == 0 || strlen(open[depth]) != length ||
                strncmp(open[depth], at + 2, length) != 0) {
                return 0;
            }
        } else if (end[-1] != '/') {
            if (depth == 16 || length >= sizeof open[0]) {
                return 0;
            }
            memcpy(open[depth], at + 1, length);
            open[depth++][length] = '\0';
        }
        at = end;
    }
    return depth == 0;
}

static void report_as_xml(void) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    CHECK(malloc_info(0, stream) == 0);
    fclose(stream);
    CHECK(strncmp(text, "<malloc version=\"1\">", 20) == 0);
    CHECK(length > 10 && strcmp(text + length - 10, "</malloc>\n") == 0);
    CHECK(strstr(text, "<system type=\"current\" size=\"") != NULL);
    CHECK(strstr(text, "mimalloc") != NULL);
    CHECK(is_well_formed(text));
    free(text);
    CHECK(malloc_info(1, stdout) == EINVAL);
}

static void report_as_text(void) {
    int pair[2];
    char text[4096];
    fflush(stderr);
    int saved = dup(2);
    CHECK(pipe(pair) == 0);
    dup2(pair[1], 2);
    malloc_stats();
    dup2(saved, 2);
    close(pair[1]);
    ssize_t length = read(pair[0], text, sizeof text - 1);
    close(pair[0]);
    close(saved);
    text[length > 0 ? length : 0] = '\0';
    CHECK(strstr(text, "in use bytes") != NULL);
}
#endif

static const struct {
    const char *name;
    void (*rule)(void);
} rules[] = {
    {"each allocator serves", each_allocator_serves},
    {"too large", too_large},
    {"products overflow", products_overflow},
    {"calloc is zero", calloc_is_zero},
    {"realloc", realloc_rules},
    {"posix_memalign", posix_memalign_rules},
    {"other alignments", other_alignments},
    {"whole pages", whole_pages},
    {"NULL is harmless", null_is_harmless},
    {"other frees", other_frees},
    {"wrong sizes", wrong_sizes},
    {"results of the C library", library_results},
#if defined(__GLIBC__) && !defined(NAMES_LINKED)
    {"blocks of another allocator", foreign_blocks},
#endif
#ifdef __GLIBC__
    {"malloc_trim", trim},
    {"mallopt", tuning},
    {"mallinfo", totals},
    {"malloc_info", report_as_xml},
    {"malloc_stats", report_as_text},
#endif
};

int main(void) {
    for (size_t i = 0; i < COUNT(rules); i++) {
        int before = failures;
        rules[i].rule();
        if (failures != before) {
            printf("failed: %s\n", rules[i].name);
            fflush(stdout);
        }
    }
    return failures == 0 ? 0 : 1;
}
