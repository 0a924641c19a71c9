/* SPDX-License-Identifier: MIT */
/* A plug-in loaded with RTLD_DEEPBIND exchanges blocks with the program and the C library, in both
   directions. */
#include "case.h"

int main(void) {
    char path[400];
    begin();
    snprintf(path, sizeof path, "%s/plugin.so", getenv("CASE_DIR"));
    void *plugin = dlopen(path, RTLD_NOW | RTLD_DEEPBIND);
    if (plugin == NULL)
        FAIL("%s", dlerror());
    void *(*give)(size_t) = (void *(*)(size_t))(uintptr_t)dlsym(plugin, "plugin_give");
    void (*take)(void *) = (void (*)(void *))(uintptr_t)dlsym(plugin, "plugin_take");
    void *(*grow)(void *, size_t) =
        (void *(*)(void *, size_t))(uintptr_t)dlsym(plugin, "plugin_grow");
    CHECK(give != NULL && take != NULL && grow != NULL);
    for (size_t size = 1; size < 2000000; size = size * 3 + 1) {
        char *p = give(size);
        CHECK(p != NULL);
        memset(p, 1, size);
        free(p);
        p = malloc(size);
        memset(p, 1, size);
        take(p);
        take(strdup("of the C library"));
        p = grow(strdup("text"), size + 10);
        CHECK(p != NULL && strcmp(p, "text") == 0);
        free(p);
    }
    use_every_size(20);
    return 0;
}
