/* SPDX-License-Identifier: MIT */
/* Rules as tables, and what runs them: once with each set of names under which the program reaches
   an allocator, each time in a process of its own when Check forks.  Rules are written once and
   hold for all of README.md's ways; WITH_CHECK is defined where Check is, without it (a static
   program, a C library for which there is no Check) the same rules run one after the other. */
#ifndef TESTS_CONFORMANCE_SUITE_H
#define TESTS_CONFORMANCE_SUITE_H

#include <stdbool.h>
#include <stddef.h>

#include "../sanitized.h"

#ifdef __cplusplus
extern "C" {
#endif

/* By which names, and whose allocator. */
enum {
    BY_MI = 1,     /* mi_*, this library */
    BY_LIBC = 2,   /* the C library's and C++'s names, this library behind them */
    BY_SYSTEM = 4, /* the same names, the system's own allocator: are the rules right? */
    BY_OURS = BY_MI | BY_LIBC,
    BY_NATIVE = BY_LIBC | BY_SYSTEM,
    BY_ALL = BY_MI | BY_LIBC | BY_SYSTEM
};

struct rule {
    const char *number; /* in README.md */
    const char *title;
    void (*check)(void);
    unsigned holds_for;
    const char *because; /* why not for all */
};

/* One way of a program: names, and which of BY_... they are. */
struct way {
    const char *title;
    unsigned kind;
    const void *names; /* struct names, struct forms */
};

extern const struct way *way; /* the one that is being tested */

/* `tables` and `ways` end with an element without title.  Returns main's status. */
int run_rules(const char *title, const struct rule *const *tables, const struct way *ways);

/* One rule is broken: says so and does not return. */
void rule_broken(const char *file, int line, const char *format, ...)
    __attribute__((noreturn, cold, format(printf, 3, 4)));

/* Unlike Check's macro this touches nothing while the rule holds: no allocation, no errno. */
#define expect(condition, ...)                                                                     \
    ((condition) ? (void)0 : rule_broken(__FILE__, __LINE__, __VA_ARGS__))

/* Is it a block, and of the allocator that is to be tested? */
bool is_served(const void *p);

/* BY_LIBC or BY_SYSTEM, for the names that both may serve: what the test script demands. */
unsigned expected_server(void);

/* A function that this C library or this way may lack; NULL then. */
void *find_function(const char *name);

/* Is the program preloaded or linked with a variant that ends the process when a pointer is
   wrong?  The test script knows. */
bool is_strict(void);

/* And does it also record by which name a block was made?  Debug does. */
bool knows_names(void);

/* Runs `child` in a process of its own; returns its status as of waitpid, and what it wrote to
   stderr in `text` (cut off).  No core file is left. */
int status_of(void (*child)(void), char *text, size_t size);

/* Lowers RLIMIT_AS to what the process has now and `room` more; false where that has no effect.
   Address space that an allocator has reserved already stays its own: BEYOND_LIMITS is more than
   that. */
#define BEYOND_LIMITS ((size_t)1 << (IS_WIDE ? 33 : 31))
bool limit_address_space(size_t room);
void limit_no_more(void);

/* Bytes of address space, 0 when unknown. */
size_t address_space(void);

/* With 32 bits a block of almost PTRDIFF_MAX bytes may be had. */
#define IS_WIDE (sizeof(size_t) > 4)

#define KIB ((size_t)1024)
#define MIB (KIB * KIB)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define UNUSED __attribute__((unused))

/* An errno that nothing sets. */
enum { ERRNO_UNTOUCHED = 4711 };

/* Not seen through by the compiler. */
static volatile size_t hidden_zero UNUSED;
#define HIDDEN(x) ((size_t)(x) + hidden_zero)

static inline unsigned char pattern_at(size_t i, unsigned seed) {
    return (unsigned char)(i * 131 + i / 251 + seed * 7 + 1);
}

static inline void fill(void *p, size_t size, unsigned seed) {
    unsigned char *bytes = (unsigned char *)p;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = pattern_at(i, seed);
    }
}

static inline bool is_filled(const void *p, size_t size, unsigned seed) {
    const unsigned char *bytes = (const unsigned char *)p;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != pattern_at(i, seed)) {
            return false;
        }
    }
    return true;
}

#ifdef __cplusplus
}
#endif

#endif
