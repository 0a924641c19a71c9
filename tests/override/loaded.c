/* SPDX-License-Identifier: MIT */
/* A program that loads the library with dlopen: its malloc was bound before, and the library says
   so instead of claiming what is not.  Argument: the library. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

#define CHECK(what) ((what) ? (void)0 : (void)(failures++, printf("failed: %s\n", #what)))

static void *function(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (found == NULL) {
        printf("%s\n", dlerror());
        exit(2);
    }
    return found;
}

int main(int argc, char **argv) {
    char *before = malloc(100);
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
    if (before == NULL || library == NULL) {
        printf("%s\n", argc > 1 ? dlerror() : "usage: loaded LIBRARY");
        return 2;
    }
    bool (*is_redirected)(void) = (bool (*)(void))(uintptr_t)function(library, "mi_is_redirected");
    bool (*is_ours)(const void *) =
        (bool (*)(const void *))(uintptr_t)function(library, "mi_is_in_heap_region");
    void *(*allocate)(size_t) = (void *(*)(size_t))(uintptr_t)function(library, "mi_malloc");
    void (*release)(void *) = (void (*)(void *))(uintptr_t)function(library, "mi_free");

    CHECK(!is_redirected());
    char *after = malloc(100);
    char *theirs = allocate(100);
    CHECK(after != NULL && !is_ours(after) && !is_ours(before));
    CHECK(theirs != NULL && is_ours(theirs));
    before = realloc(before, 5000);
    CHECK(before != NULL);
    free(before);
    free(after);
    release(theirs);
    return failures != 0;
}
