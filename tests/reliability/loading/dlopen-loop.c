/* SPDX-License-Identifier: MIT */
/* The library is loaded with dlopen, used by threads, and closed while blocks and threads live,
   again and again: no code is missing when the threads end, no thread key and no mapping is lost.
   The argument tells which library; this program's own malloc is the C library's. */
#include "case.h"

static void *(*lib_malloc)(size_t);
static void (*lib_free)(void *);
static pthread_barrier_t barrier;

static void *live(void *arg) {
    void *p = lib_malloc(1000);
    CHECK(p != NULL);
    lib_free(lib_malloc(100));
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier); /* the library has been closed */
    return arg;
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
    size_t keys = 0, maps = 0;
    pthread_barrier_init(&barrier, NULL, 2);
    for (size_t round = 0; round < times(50, 2000); round++) {
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (library == NULL)
            FAIL("%s", dlerror());
        const char *name = dlsym(library, "mi_malloc") != NULL ? "mi_malloc" : "malloc";
        lib_malloc = (void *(*)(size_t))(uintptr_t)dlsym(library, name);
        lib_free = (void (*)(void *))(uintptr_t)dlsym(
            library, name[0] == 'm' && name[1] == 'i' ? "mi_free" : "free");
        CHECK(lib_malloc != NULL && lib_free != NULL);
        pthread_t thread = start(live, NULL);
        pthread_barrier_wait(&barrier);
        dlclose(library);
        pthread_barrier_wait(&barrier);
        finish(thread);
        if (round == 5) {
            keys = free_keys();
            maps = mappings();
        }
    }
    if (free_keys() != keys)
        FAIL("%zu thread keys are free, %zu before", free_keys(), keys);
    if (mappings() > maps + allowed(4, 512))
        FAIL("%zu mappings, %zu before", mappings(), maps);
    return 0;
}
