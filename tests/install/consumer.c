/* SPDX-License-Identifier: MIT */
/* A program that uses the installed library.  Its argument says what must be true of malloc:
   "plain" (it is the C library's) or "override" (it is ours). */
#include <mimalloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check(int condition, const char *what) {
    if (!condition)
        fprintf(stderr, "consumer: %s\n", what);
    return condition;
}

int main(int argc, char **argv) {
    int override = argc > 1 && strcmp(argv[1], "override") == 0;
    int good = 1;

    void *block = mi_malloc(1000);
    good &= check(block != NULL && mi_usable_size(block) >= 1000, "mi_malloc");
    memset(block, 1, 1000);
    good &= check(mi_is_in_heap_region(block), "mi_is_in_heap_region");
    mi_free(block);
    good &= check(mi_version() == MI_MALLOC_VERSION, "mi_version is not that of the header");

    /* volatile, so that the compiler does not drop the allocation. */
    char *volatile text = strdup("by the C library");
    void *volatile foreign = malloc(100);
    good &= check(text != NULL && foreign != NULL, "malloc");
    good &= check(mi_is_in_heap_region(foreign) == override, "malloc is served by the wrong one");
    good &= check(mi_is_in_heap_region(text) == override, "strdup is served by the wrong one");
    good &= check(mi_is_redirected() == override, "mi_is_redirected");
    free(foreign);
    free(text);
    if (good)
        printf("%s\n", override ? "override" : "plain");
    return good ? 0 : 1;
}
