/* SPDX-License-Identifier: MIT */
/* After twenty libraries have taken room for thread-local data that the loader sets aside, the
   allocator's library can still be loaded. */
#include "case.h"

int main(int argc, char **argv) {
    const char *path =
        argc > 2 && strcmp(argv[2], "plain") == 0 ? getenv("CASE_PLAIN") : getenv("CASE_LIBRARY");
    int loaded = 0;
    for (int i = 0; i < 20; i++) {
        char name[400];
        snprintf(name, sizeof name, "%s/plugin%d.so", argv[1], i);
        void *plugin = dlopen(name, RTLD_NOW);
        if (plugin == NULL)
            SKIP("only %d libraries of that kind fit: %s", loaded, dlerror());
        loaded++;
    }
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        FAIL("%s", dlerror());
    void *(*allocate)(size_t) = (void *(*)(size_t))(uintptr_t)dlsym(
        library, dlsym(library, "mi_malloc") != NULL ? "mi_malloc" : "malloc");
    CHECK(allocate != NULL && allocate(100) != NULL);
    return 0;
}
