/* SPDX-License-Identifier: MIT */
/* Is malloc, in a program that knows nothing of this library, served by the shared library whose
   file name is given?  Asks the dynamic linker for the home of each function, and lets the C
   library allocate by itself. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((weak)) int served_by_our_names(void *block);

static int is_from(const char *function, const char *library) {
    Dl_info info;
    void *address = dlsym(RTLD_DEFAULT, function);
    if (address == NULL || dladdr(address, &info) == 0) {
        fprintf(stderr, "%s: not found\n", function);
        return 0;
    }
    const char *slash = strrchr(info.dli_fname, '/');
    const char *name = slash != NULL ? slash + 1 : info.dli_fname;
    if (strcmp(name, library) != 0) {
        fprintf(stderr, "%s comes from %s\n", function, info.dli_fname);
        return 0;
    }
    return 1;
}

int main(int argc, char **argv) {
    static const char *const functions[] = {
        "malloc",         "free",          "calloc", "realloc",
        "posix_memalign", "aligned_alloc", "_ZdlPv", "_ZdaPv",
    };
    if (argc < 2)
        return 2;
    int served = 1;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        served &= is_from(functions[i], argv[1]);
    char *text = strdup("allocated by the C library");
    void *block = malloc(100);
    if (text == NULL || block == NULL)
        return 3;
    if (served_by_our_names != NULL)
        served &= served_by_our_names(text) && served_by_our_names(block);
    free(block);
    free(text);
    return served ? 0 : 1;
}
