/* SPDX-License-Identifier: MIT */
/* Plug-ins are loaded and closed while threads allocate, and blocks outlive the plug-in that
   allocated them. */
#include "case.h"

static atomic_bool a_stop;

static void *churn(void *arg) {
    uint64_t random = (uintptr_t)arg;
    while (!atomic_load(&a_stop))
        free(malloc(random_size(&random, 14)));
    return NULL;
}

int main(void) {
    pthread_t threads[4];
    char path[400];
    begin();
    snprintf(path, sizeof path, "%s/plugin.so", getenv("CASE_DIR"));
    for (uintptr_t i = 0; i < COUNT_OF(threads); i++)
        threads[i] = start(churn, (void *)i);
    for (size_t i = 0; i < times(100, 5000); i++) {
        void *plugin = dlopen(path, RTLD_NOW);
        if (plugin == NULL)
            FAIL("%s", dlerror());
        void *(*give)(size_t) = (void *(*)(size_t))(uintptr_t)dlsym(plugin, "plugin_give");
        char *p = give(1 + i * 7);
        dlclose(plugin);
        p[0] = 1;
        free(p);
    }
    atomic_store(&a_stop, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        finish(threads[i]);
    return 0;
}
