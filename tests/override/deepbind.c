/* SPDX-License-Identifier: MIT */
/* A plug-in that hosts load with RTLD_DEEPBIND (DEEP), a library that is found only by the RUNPATH
   of who loads it (FOUND), a library that loads it (MIDDLE), and the program (neither): which
   `free` does a deep-bound object call, and does dlopen still see who calls it? */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(DEEP)

void *deep_free(void);
int deep_run(const char *file);

void *deep_free(void) {
    return (void *)&free;
}

/* What the C library allocates, this object frees. */
int deep_run(const char *file) {
    char *copy = strdup(file);
    char *line = NULL;
    size_t room = 0;
    FILE *stream = fopen(file, "r");
    if (stream == NULL || getline(&line, &room, stream) <= 0) {
        return 1;
    }
    fclose(stream);
    free(line);
    free(copy);
    return 0;
}

#elif defined(FOUND)

int found_number(void);
int found_number(void) {
    return 77;
}

#elif defined(MIDDLE)

int middle_load(int flags);
int middle_load(int flags) {
    void *found = dlopen("libfound-by-middle.so", RTLD_NOW | flags);
    int (*number)(void) = found != NULL ? (int (*)(void))dlsym(found, "found_number") : NULL;
    return number != NULL ? number() : 0;
}

#else

static int failures;
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

static int number_of(void *library) {
    int (*number)(void) = library != NULL ? (int (*)(void))dlsym(library, "found_number") : NULL;
    return number != NULL ? number() : 0;
}

/* deepbind DEEP-PLUGIN MIDDLE-LIBRARY kept|dropped */
int main(int argc, char **argv) {
    if (argc != 4) {
        return 2;
    }
    int kept = strcmp(argv[3], "kept") == 0;

    /* By the RUNPATH of the program, of a library; with and without the flag. */
    CHECK(number_of(dlopen("libfound-by-program.so", RTLD_NOW)) == 77);
    CHECK(number_of(dlopen("libfound-by-program.so", RTLD_NOW | RTLD_DEEPBIND)) == 77);
    void *middle = dlopen(argv[2], RTLD_NOW);
    int (*load)(int) = middle != NULL ? (int (*)(int))dlsym(middle, "middle_load") : NULL;
    CHECK(load != NULL && load(0) == 77 && load(RTLD_DEEPBIND) == 77);
    /* Not by the RUNPATH of the library when the program asks, nor the other way round. */
    CHECK(dlopen("libfound-by-nobody.so", RTLD_NOW) == NULL && dlerror() != NULL);
    CHECK(dlopen(NULL, RTLD_NOW) != NULL);

    void *deep = dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND);
    CHECK(deep != NULL);
    if (deep != NULL) {
        void *(*free_of)(void) = (void *(*)(void))dlsym(deep, "deep_free");
        int (*run)(const char *) = (int (*)(const char *))dlsym(deep, "deep_run");
        CHECK((free_of() == (void *)&free) == !kept);
        if (!kept) {
            CHECK(run(argv[0]) == 0);
        }
    }
    return failures == 0 ? 0 : 1;
}

#endif
