/* SPDX-License-Identifier: MIT */
/* Whose block?  WITH_MI: the program is linked with this library, and says so itself; without, it
   knows nothing of the library and asks the loader. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "suite.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* SERVED=peer: by whatever is preloaded, for which the rules of the system hold. */
static bool is_peer(void) {
    const char *served = getenv("SERVED");
    return served != NULL && strcmp(served, "peer") == 0;
}

#ifdef WITH_MI
#include <mimalloc.h>

static bool is_ours(const void *p) {
    return mi_is_in_heap_region(p);
}
unsigned expected_server(void) {
    return BY_LIBC;
}
#else
static bool is_ours(const void *p) {
    bool (*in_region)(const void *) =
        (bool (*)(const void *))(uintptr_t)find_function("mi_is_in_heap_region");
    return in_region != NULL && in_region(p);
}
unsigned expected_server(void) {
    const char *served = getenv("SERVED");
    return served != NULL && *served != '\0' && !is_peer() ? BY_LIBC : BY_SYSTEM;
}
#endif

/* A static program has no loader that could be asked; names.c knows what it contains. */
#ifdef NAMES_LINKED
void *find_function(const char *name) {
    (void)name;
    return NULL;
}
#else
#include <dlfcn.h>

void *find_function(const char *name) {
    return dlsym(RTLD_DEFAULT, name);
}
#endif

bool is_served(const void *p) {
    return p != NULL && (is_peer() || is_ours(p) == ((way->kind & BY_OURS) != 0));
}
