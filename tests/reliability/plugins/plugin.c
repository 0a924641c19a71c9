/* SPDX-License-Identifier: MIT */
/* A plug-in that allocates, frees, and has a few thread-local bytes of the kind that needs room
   set aside by the loader. */
#include <stdlib.h>

__thread char plugin_bytes[48] __attribute__((tls_model("initial-exec")));

void *plugin_give(size_t size);
void plugin_take(void *p);
void *plugin_grow(void *p, size_t size);
char *plugin_local(void);

void *plugin_give(size_t size) {
    return malloc(size);
}

void plugin_take(void *p) {
    free(p);
}

void *plugin_grow(void *p, size_t size) {
    return realloc(p, size);
}

char *plugin_local(void) {
    return plugin_bytes;
}
