/* SPDX-License-Identifier: MIT */
/* For programs that are tested in every way of replacing malloc: they use no test library, since a
   static program of one file must do, and say on stdout what failed. */
#ifndef TESTS_OVERRIDE_SUPPORT_H
#define TESTS_OVERRIDE_SUPPORT_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef NAMES_LINKED
#include <dlfcn.h>
#endif

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition) && failures++ < 20) {                                                     \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            fflush(stdout);                                                                        \
        }                                                                                          \
    } while (0)

/* Not seen through by the compiler. */
static volatile size_t hidden_zero;
#define HIDDEN(x) ((x) + hidden_zero)

#ifdef __cplusplus
extern "C" {
#endif
size_t mi_usable_size(const void *p);
#ifdef __cplusplus
}
#endif

typedef size_t usable_size_function(const void *p);

/* Did this allocator make the block?  Programs that do not contain it (NAMES_LINKED) ask the
   loader. */
static inline int served(const void *p) {
#ifdef NAMES_LINKED
    return p != NULL && mi_usable_size(p) != 0;
#else
    static usable_size_function *usable;
    if (usable == NULL) {
        usable = (usable_size_function *)(size_t)dlsym(RTLD_DEFAULT, "mi_usable_size");
    }
    return p != NULL && usable != NULL && usable(p) != 0;
#endif
}

#endif
