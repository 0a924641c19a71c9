/* SPDX-License-Identifier: MIT */
/* The library is loaded with dlopen, used by threads, and closed while blocks and threads live,
   again and again: no code is missing when the threads end, no thread key and no mapping is lost,
   and the blocks keep what they hold.  They are freed when the library is loaded again, some of
   them many rounds later.
   The argument tells which library; this program's own malloc is the C library's. */
#include "case.h"

enum { ROUND = 60, KEPT = 8 };
static void *(*lib_malloc)(size_t);
static void (*lib_free)(void *);
static pthread_barrier_t barrier;
/* Of one round, of every KEPT-th; by the main thread, by the round's. */
static unsigned char *blocks[2][2][ROUND];

static size_t size_of(size_t i) {
    i %= 24;
    return i < 20 ? (size_t)10 << i * 2 / 3 : (size_t)20000 * i;
}

static unsigned char content(size_t i, size_t round) {
    return (unsigned char)(i * 11 + round * 3 + 1);
}

static void fill(unsigned char **these, size_t round) {
    for (size_t i = ROUND; i-- > 0;) {
        these[i] = lib_malloc(size_of(i));
        CHECK(these[i] != NULL);
        memset(these[i], content(i, round), size_of(i));
    }
}

static void verify(unsigned char *const *these, size_t round) {
    for (size_t i = 0; i < ROUND; i++)
        for (size_t j = 0; these[i] != NULL && j < size_of(i); j++)
            if (these[i][j] != content(i, round))
                FAIL("a block of %zu bytes has changed", size_of(i));
}

static void clear(unsigned char **these) {
    for (size_t i = 0; i < ROUND; i++) {
        lib_free(these[i]);
        these[i] = NULL;
    }
}

static void *live(void *arg) {
    size_t round = (size_t)(uintptr_t)arg;
    fill(blocks[round % KEPT == 0][1], round);
    lib_free(lib_malloc(100));
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier); /* the library has been closed */
    verify(blocks[round % KEPT == 0][1], round);
    return NULL;
}

static void load(const char *path, void **library) {
    *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (*library == NULL)
        FAIL("%s", dlerror());
    bool has_own = dlsym(*library, "mi_malloc") != NULL;
    lib_malloc = (void *(*)(size_t))(uintptr_t)dlsym(*library, has_own ? "mi_malloc" : "malloc");
    lib_free = (void (*)(void *))(uintptr_t)dlsym(*library, has_own ? "mi_free" : "free");
    CHECK(lib_malloc != NULL && lib_free != NULL);
}

static size_t free_keys(void) {
    pthread_key_t keys[1100];
    size_t count = 0;
    while (count < COUNT_OF(keys) && pthread_key_create(&keys[count], NULL) == 0)
        count++;
    for (size_t i = 0; i < count; i++)
        pthread_key_delete(keys[i]);
    return count;
}

int main(int argc, char **argv) {
    const char *path =
        argc > 1 && strcmp(argv[1], "plain") == 0 ? getenv("CASE_PLAIN") : getenv("CASE_LIBRARY");
    if (path == NULL || *path == '\0')
        SKIP("nothing to load");
    void *library;
    size_t keys = 0, maps = 0, rounds = times(50, 2000);
    pthread_barrier_init(&barrier, NULL, 2);
    for (size_t round = 0; round < rounds; round++) {
        bool is_kept = round % KEPT == 0;
        load(path, &library);
        /* Those of the round before, or of KEPT rounds before. */
        size_t before = round - (is_kept ? KEPT : 1);
        for (int i = 0; i < 2 && round > 0; i++) {
            verify(blocks[is_kept][i], before - (!is_kept && before % KEPT == 0));
            clear(blocks[is_kept][i]);
        }
        fill(blocks[is_kept][0], round);
        pthread_t thread = start(live, (void *)(uintptr_t)round);
        pthread_barrier_wait(&barrier);
        dlclose(library);
        pthread_barrier_wait(&barrier);
        finish(thread);
        verify(blocks[is_kept][0], round);
        if (round == 2 * KEPT) {
            keys = free_keys();
            maps = mappings();
        }
    }
    if (free_keys() != keys)
        FAIL("%zu thread keys are free, %zu before", free_keys(), keys);
    if (mappings() > maps + allowed(4, 512))
        FAIL("%zu mappings, %zu before", mappings(), maps);
    load(path, &library);
    for (int i = 0; i < 4; i++)
        clear(blocks[i / 2][i % 2]);
    return 0;
}
