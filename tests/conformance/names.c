/* SPDX-License-Identifier: MIT */
/* Which names there are: WITH_MI those of this library, WITH_LIBC those of the C library. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "names.h"

#include "../../lib/override/compatible.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef WITH_MI
#include <mimalloc.h>

static void mi_free_sized(void *p, size_t size) {
    mi_free_size(p, size);
}
static void mi_free_aligned_sized(void *p, size_t alignment, size_t size) {
    mi_free_size_aligned(p, size, alignment);
}

static const struct names mi_names = {
    .malloc = mi_malloc,
    .calloc = mi_calloc,
    .realloc = mi_realloc,
    .reallocarray = mi_reallocarray,
    .reallocarr = mi_reallocarr,
    .reallocf = mi_reallocf,
    .free = mi_free,
    .free_sized = mi_free_sized,
    .free_aligned_sized = mi_free_aligned_sized,
    .cfree = mi_cfree,
    .aligned_alloc = mi_aligned_alloc,
    .memalign = mi_memalign,
    .posix_memalign = mi_posix_memalign,
    .valloc = mi_valloc,
    .pvalloc = mi_pvalloc,
    .usable_size = mi_usable_size,
    .good_size = mi_good_size,
    .strdup = mi_strdup,
    .strndup = mi_strndup,
    .realpath = mi_realpath,
};
#endif

#ifdef WITH_LIBC
/* Some C libraries declare these in <malloc.h>, some in <stdlib.h>, some in neither. */
void *memalign(size_t alignment, size_t size);
void *valloc(size_t size);
#ifdef HAVE_PVALLOC
void *pvalloc(size_t size);
#endif
#ifdef HAVE_MALLOC_USABLE_SIZE
size_t malloc_usable_size(void *p);
#endif

static struct names libc_names = {
    .malloc = malloc,
    .calloc = calloc,
    .realloc = realloc,
#ifdef HAVE_REALLOCARRAY
    .reallocarray = reallocarray,
#endif
    .free = free,
    .aligned_alloc = aligned_alloc,
    .memalign = memalign,
    .posix_memalign = posix_memalign,
    .valloc = valloc,
#ifdef HAVE_PVALLOC
    .pvalloc = pvalloc,
#endif
#ifdef HAVE_MALLOC_USABLE_SIZE
    .usable_size = malloc_usable_size,
#endif
    .strdup = strdup,
    .strndup = strndup,
    .realpath = realpath,
};

/* What this C library may not have yet, or shows to no program that is linked today. */
#ifdef NAMES_LINKED
void cfree(void *p);
void free_sized(void *p, size_t size);
void free_aligned_sized(void *p, size_t alignment, size_t size);
#endif

static void find_the_rest(void) {
#ifdef NAMES_LINKED
    libc_names.free_sized = free_sized;
    libc_names.free_aligned_sized = free_aligned_sized;
#if MIP_HAS_OLD_CFREE
    libc_names.cfree = cfree;
#endif
#else
    libc_names.free_sized = (void (*)(void *, size_t))(uintptr_t)find_function("free_sized");
    libc_names.free_aligned_sized =
        (void (*)(void *, size_t, size_t))(uintptr_t)find_function("free_aligned_sized");
    libc_names.cfree = (void (*)(void *))(uintptr_t)find_function("cfree");
    libc_names.reallocf = (void *(*)(void *, size_t))(uintptr_t)find_function("reallocf");
#endif
}
#endif

size_t list_ways(struct way *list) {
    size_t count = 0;
#ifdef WITH_MI
    list[count++] = (struct way){"mi names", BY_MI, &mi_names};
#endif
#ifdef WITH_LIBC
    find_the_rest();
    list[count++] = expected_server() == BY_LIBC
                        ? (struct way){"libc names", BY_LIBC, &libc_names}
                        : (struct way){"the system's allocator", BY_SYSTEM, &libc_names};
#endif
    list[count] = (struct way){NULL, 0, NULL};
    return count;
}

/* ---- One form for all --------------------------------------------------------------------------
 */

static void *by_malloc(size_t size) {
    return names()->malloc(size);
}
static void *by_calloc(size_t size) {
    return names()->calloc(1, size);
}
static void *by_calloc_swapped(size_t size) {
    return names()->calloc(size, 1);
}
static void *by_realloc(size_t size) {
    return names()->realloc(NULL, size);
}
static void *by_reallocarray(size_t size) {
    return names()->reallocarray(NULL, 1, size);
}
static void *by_reallocarray_swapped(size_t size) {
    return names()->reallocarray(NULL, size, 1);
}
static void *by_reallocf(size_t size) {
    return names()->reallocf(NULL, size);
}
static void *by_aligned_alloc(size_t size) {
    return names()->aligned_alloc(64, size);
}
static void *by_aligned_alloc_4096(size_t size) {
    return names()->aligned_alloc(4096, size);
}
static void *by_memalign(size_t size) {
    return names()->memalign(64, size);
}
static void *by_valloc(size_t size) {
    return names()->valloc(size);
}
static void *by_pvalloc(size_t size) {
    return names()->pvalloc(size);
}

size_t list_allocators(struct allocator *list) {
    const struct names *n = names();
    size_t count = 0;
    list[count++] = (struct allocator){"malloc", by_malloc};
    list[count++] = (struct allocator){"calloc(1, n)", by_calloc};
    list[count++] = (struct allocator){"calloc(n, 1)", by_calloc_swapped};
    list[count++] = (struct allocator){"realloc(NULL, n)", by_realloc};
    list[count++] = (struct allocator){"aligned_alloc(64, n)", by_aligned_alloc};
    list[count++] = (struct allocator){"aligned_alloc(4096, n)", by_aligned_alloc_4096};
    list[count++] = (struct allocator){"memalign(64, n)", by_memalign};
    list[count++] = (struct allocator){"valloc", by_valloc};
    if (n->pvalloc != NULL) {
        list[count++] = (struct allocator){"pvalloc", by_pvalloc};
    }
    if (n->reallocarray != NULL) {
        list[count++] = (struct allocator){"reallocarray(NULL, 1, n)", by_reallocarray};
        list[count++] = (struct allocator){"reallocarray(NULL, n, 1)", by_reallocarray_swapped};
    }
    if (n->reallocf != NULL) {
        list[count++] = (struct allocator){"reallocf(NULL, n)", by_reallocf};
    }
    return count;
}

size_t least_alignment(void) {
    return (way->kind & BY_OURS) != 0 ? 16 : _Alignof(max_align_t);
}
