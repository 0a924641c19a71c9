/* SPDX-License-Identifier: MIT */
/* The functions of C by whichever names: the rules call them through these pointers, so no compiler
   knows which function it is.  NULL: there is no such function by these names. */
#ifndef TESTS_CONFORMANCE_NAMES_H
#define TESTS_CONFORMANCE_NAMES_H

#include "suite.h"

struct names {
    void *(*malloc)(size_t size);
    void *(*calloc)(size_t count, size_t size);
    void *(*realloc)(void *p, size_t size);
    void *(*reallocarray)(void *p, size_t count, size_t size);
    int (*reallocarr)(void *p, size_t count, size_t size);
    void *(*reallocf)(void *p, size_t size);
    void (*free)(void *p);
    void (*free_sized)(void *p, size_t size);
    void (*free_aligned_sized)(void *p, size_t alignment, size_t size);
    void (*cfree)(void *p);
    void *(*aligned_alloc)(size_t alignment, size_t size);
    void *(*memalign)(size_t alignment, size_t size);
    int (*posix_memalign)(void **result, size_t alignment, size_t size);
    void *(*valloc)(size_t size);
    void *(*pvalloc)(size_t size);
    size_t (*usable_size)(void *p);
    size_t (*good_size)(size_t size);
    char *(*strdup)(const char *s);
    char *(*strndup)(const char *s, size_t size);
    char *(*realpath)(const char *name, char *resolved);
};

enum { WAYS_MAX = 4 };
/* The ways of this program, ended by one without title; returns how many. */
size_t list_ways(struct way *list);

/* The functions of the way that is being tested. */
static inline const struct names *names(void) {
    return (const struct names *)way->names;
}

/* The tables of rules. */
extern const struct rule serving_rules[], size_rules[], alignment_rules[], reallocation_rules[],
    free_rules[], library_rules[], report_rules[];

/* Every function that allocates, brought to one form. */
struct allocator {
    const char *name;
    void *(*allocate)(size_t size); /* NULL when there is none */
};
enum { ALLOCATORS_MAX = 16 };
/* Those of the way; returns how many. */
size_t list_allocators(struct allocator *list);

/* A call that must give NULL and this errno. */
#define expect_fails(call, error, ...)                                                             \
    do {                                                                                           \
        errno = ERRNO_UNTOUCHED;                                                                   \
        const void *result_of_call = (call);                                                       \
        int errno_of_call = errno;                                                                 \
        expect(result_of_call == NULL && errno_of_call == (error), __VA_ARGS__);                   \
    } while (0)

/* What malloc aligns to. */
size_t least_alignment(void);

#endif
