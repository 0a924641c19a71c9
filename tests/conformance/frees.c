/* SPDX-License-Identifier: MIT */
/* Release by all names; of NULL, at any time; of blocks whose size the caller says. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "names.h"

#include "../../lib/override/compatible.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#if defined(WITH_LIBC) && defined(__GLIBC__) && !IS_SANITIZED
#define HAS_EARLY_CODE 1
#else
#define HAS_EARLY_CODE 0
#endif

/* ---- NULL --------------------------------------------------------------------------------------
 */

static void null_is_harmless(void) {
    const struct names *n = names();
    errno = ERRNO_UNTOUCHED;
    for (int i = 0; i < 3; i++) {
        n->free(NULL);
        if (n->cfree != NULL) {
            n->cfree(NULL);
        }
        if (n->free_sized != NULL) {
            n->free_sized(NULL, 0);
            n->free_sized(NULL, 100);
        }
        if (n->free_aligned_sized != NULL) {
            n->free_aligned_sized(NULL, 64, 0);
            n->free_aligned_sized(NULL, 64, 640);
        }
        expect(n->usable_size == NULL || n->usable_size(NULL) == 0, "usable size of NULL");
    }
    expect(errno == ERRNO_UNTOUCHED, "errno %d", errno);
}

#if HAS_EARLY_CODE
/* Resolvers run while the program is being relocated; in a static program that is before there is
   any thread-local memory. */
static void later(void) {
}
/* A peer that crashes here is asked the other rules all the same.  Nothing else knows what the
   environment is yet. */
UNUSED static bool is_early_asked(void) {
#if !defined(WITH_MI) && !defined(NAMES_LINKED)
    static char text[65536];
    bool is_peer = false, is_other = false;
    int file = open("/proc/self/environ", O_RDONLY);
    ssize_t length = file < 0 ? 0 : read(file, text, sizeof text - 1);
    if (file >= 0) {
        close(file);
    }
    for (ssize_t i = 0; i < length; i += (ssize_t)strlen(text + i) + 1) {
        is_peer |= strcmp(text + i, "SERVED=peer") == 0;
        is_other |= strncmp(text + i, "RULE=", 5) == 0 && strcmp(text + i, "RULE=A20") != 0;
    }
    return !is_peer || !is_other;
#else
    return true;
#endif
}

UNUSED static void (*resolve(void))(void) {
#ifndef __arm__ /* where the program's way to other objects is relocated after this */
    if (is_early_asked()) {
        free(NULL);
    }
#endif
    return later;
}
void early_resolved(void) __attribute__((ifunc("resolve")));

/* And this before any constructor, of this library too. */
static void *early_block;
static int early_errno;
static void before_constructors(void) {
    free(NULL);
    errno = ERRNO_UNTOUCHED;
    early_block = calloc(1, HIDDEN(100));
    early_block = realloc(early_block, HIDDEN(5000));
    free(malloc(HIDDEN(70000)));
    early_errno = errno;
}
__attribute__((section(".preinit_array"),
               used)) static void (*const preinit)(void) = before_constructors;

static void early_calls_are_served(void) {
    early_resolved();
    expect(is_served(early_block), "no block before the constructors");
    expect(early_errno == ERRNO_UNTOUCHED, "errno %d", early_errno);
    early_block = realloc(early_block, HIDDEN(100000));
    expect(is_served(early_block), "the early block cannot be reallocated");
    free(early_block);
    early_block = NULL;
}
#else
static void early_calls_are_served(void) {
}
#endif

/* ---- Other names -------------------------------------------------------------------------------
 */

static void check_release(const char *name, size_t size, void (*release)(size_t size)) {
    bool limited = size == MIB && limit_address_space(256 * MIB);
    errno = ERRNO_UNTOUCHED;
    for (int i = 0; i < (limited ? 2000 : 100); i++) { /* would not fit if it did nothing */
        release(size);
        expect(errno == ERRNO_UNTOUCHED, "%s of %zu bytes: errno %d", name, size, errno);
    }
    if (limited) {
        limit_no_more();
    }
}

static void *block_of(size_t size) {
    void *p = names()->malloc(HIDDEN(size));
    expect(p != NULL, "%zu bytes: memory does not come back", size);
    return p;
}
static void by_free(size_t size) {
    names()->free(block_of(size));
}
static void by_cfree(size_t size) {
    names()->cfree(block_of(size));
}
static void by_free_sized(size_t size) {
    names()->free_sized(block_of(size), size);
}
static void by_free_sized_of_calloc(size_t size) {
    names()->free_sized(names()->calloc(1, HIDDEN(size)), size);
}
static void by_free_sized_of_realloc(size_t size) {
    names()->free_sized(names()->realloc(block_of(size / 2 + 1), HIDDEN(size)), size);
}
static void by_free_aligned_sized(size_t size) {
    void *p = names()->aligned_alloc(64, HIDDEN(size));
    expect(p != NULL, "%zu bytes: memory does not come back", size);
    names()->free_aligned_sized(p, 64, size);
}
static void by_free_aligned_sized_4096(size_t size) {
    names()->free_aligned_sized(names()->aligned_alloc(4096, HIDDEN(size)), 4096, size);
}

static void every_release_frees(void) {
    const struct names *n = names();
    const struct {
        const char *name;
        void (*release)(size_t size);
        bool exists;
    } releases[] = {
        {"free", by_free, true},
        {"cfree", by_cfree, n->cfree != NULL},
        {"free_sized", by_free_sized, n->free_sized != NULL},
        {"free_sized of calloc's", by_free_sized_of_calloc, n->free_sized != NULL},
        {"free_sized of realloc's", by_free_sized_of_realloc, n->free_sized != NULL},
        {"free_aligned_sized", by_free_aligned_sized, n->free_aligned_sized != NULL},
        {"free_aligned_sized(4096)", by_free_aligned_sized_4096, n->free_aligned_sized != NULL}};
    static const size_t sizes[] = {1, 8, 16, 100, 1000, 5000, 40000, 500000, MIB, 3 * MIB};
    for (size_t i = 0; i < COUNT_OF(releases); i++) {
        for (size_t k = 0; releases[i].exists && k < COUNT_OF(sizes); k++) {
            check_release(releases[i].name, sizes[k], releases[i].release);
        }
    }
}

static void sized_releases_exist(void) {
    expect(names()->free_sized != NULL, "no free_sized");
    expect(names()->free_aligned_sized != NULL, "no free_aligned_sized");
    expect(!MIP_HAS_OLD_CFREE || names()->cfree != NULL, "no cfree");
}

/* The variants that are strict end the process; the release variant frees the block. */
static void free_as_larger(void) {
    names()->free_sized(names()->malloc(HIDDEN(10)), 5000);
}
static void free_aligned_as_larger(void) {
    names()->free_aligned_sized(names()->aligned_alloc(64, HIDDEN(10)), 64, 5000);
}

static void wrong_sizes(void) {
    static void (*const wrong[])(void) = {free_as_larger, free_aligned_as_larger};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        char text[1000];
        int status = status_of(wrong[i], text, sizeof text);
        if (is_strict()) {
            expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "case %zu: status %#x", i,
                   (unsigned)status);
            expect(strstr(text, "mimalloc: ") != NULL && strstr(text, "5000 bytes") != NULL,
                   "case %zu said: %s", i, text);
        } else {
            expect(status == 0, "case %zu: status %#x: %s", i, (unsigned)status, text);
        }
    }
}

/* ---- Blocks of others --------------------------------------------------------------------------
 */

#if defined(WITH_LIBC) && defined(__GLIBC__) && !defined(NAMES_LINKED)
#include <dlfcn.h>

/* A block of the C library's own allocator, as one made before this library was there: realloc
   finds the realloc that knows it. */
static void foreign_blocks(void) {
    if (is_strict()) {
        return;
    }
    void *libc = dlopen("libc.so.6", RTLD_NOW);
    void *(*their_malloc)(size_t) = (void *(*)(size_t))(uintptr_t)dlsym(libc, "malloc");
    void (*their_free)(void *) = (void (*)(void *))(uintptr_t)dlsym(libc, "free");
    expect(their_malloc != names()->malloc && their_free != names()->free, "libc's are ours");
    char *p = their_malloc(100);
    expect(p != NULL && !is_served(p) && names()->usable_size(p) == 0, "libc's block is ours");
    memset(p, 5, 100);
    p = names()->realloc(p, HIDDEN(5000));
    expect(p != NULL && !is_served(p) && p[0] == 5 && p[99] == 5, "realloc to 5000");
    p = names()->realloc(p, HIDDEN(200000));
    expect(p != NULL && !is_served(p) && p[0] == 5 && p[99] == 5, "realloc to 200000");
    their_free(p);
}
#else
static void foreign_blocks(void) {
}
#endif

const struct rule free_rules[] = {
    {"A20", "NULL is harmless", null_is_harmless, BY_ALL, NULL},
    {"A20", "the earliest calls are served", early_calls_are_served, HAS_EARLY_CODE ? BY_NATIVE : 0,
     "of C names, where code runs that early"},
    {"A21 A4", "every release frees", every_release_frees, BY_ALL, NULL},
    {"A21", "sized releases exist", sized_releases_exist, BY_OURS, "C23 is younger than it"},
    {"A21", "wrong sizes", wrong_sizes, BY_OURS, "undefined"},
    {"A21", "blocks of others are reallocated by others", foreign_blocks, BY_LIBC,
     "mi_realloc knows its own blocks only"},
    {NULL, NULL, NULL, 0, NULL},
};
