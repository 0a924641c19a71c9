/* SPDX-License-Identifier: MIT */
/* Floor 6, override: the allocation functions of C.  Names of the C library, unversioned. */
#include "../bits.h"
#include "../core/watched.h"
#include "../os/os.h"
#include "compatible.h"
#include "origin.h"
#include "sized.h"

#include <errno.h>
#include <stdlib.h>

/* Declared here because this C library may not have them yet: a later one will, and programs are
   routed to it. */
void free_sized(void *p, size_t size);
void free_aligned_sized(void *p, size_t alignment, size_t size);

MIP_EXPORT void *malloc(size_t size) {
    return mip_fast_malloc(size);
}

static void check_origin(const char *function, const void *p) {
    if (ORIGINS && mip_override_has_own_delete()) {
        mip_strict_check_origin(function, p, MIP_BY_MALLOC);
    }
}

MIP_EXPORT void free(void *p) {
    check_origin("free", p);
    mip_fast_free(p);
}

MIP_EXPORT void *calloc(size_t count, size_t size) {
    return mip_fast_zalloc(mip_total_of(count, size));
}

/* A block that another allocator made before this one was there (or made past it) is reallocated
   by whoever comes after this library; without one the answer of the core stands.  So it does where
   that is the C library, for what it would end the program for. */
static MIP_COLD void *realloc_elsewhere(void *p, size_t size) {
    void *next = mip_os_next_symbol("realloc");
    bool is_other = next != NULL && next != mip_os_next_symbol("__libc_realloc");
    if (next == NULL || !(is_other || mip_os_may_be_libc_block(p))) {
        return WATCHED ? NULL : mip_realloc_refuse(p);
    }
    return ((void *(*)(void *, size_t))(uintptr_t)next)(p, size);
}

/* As the C library has it, which is not what mi_realloc does: size 0 frees the block. */
static void *resize(void *p, size_t size) {
    if (MIP_UNLIKELY(size == 0 && p != NULL)) {
        mip_free(p);
        return NULL;
    }
    if (!WATCHED) {
        return mip_realloc_or(p, size, realloc_elsewhere);
    }
    void *resized = mip_heap_realloc(NULL, p, size, false); /* the tools hear of it */
    if (resized == NULL && p != NULL && errno == EINVAL && !mip_is_ours(p))
        return realloc_elsewhere(p, size);
    return resized;
}

MIP_EXPORT void *realloc(void *p, size_t size) {
    check_origin("realloc", p);
    return resize(p, size);
}

#ifdef HAVE_REALLOCARRAY
MIP_EXPORT void *reallocarray(void *p, size_t count, size_t size) {
    check_origin("reallocarray", p);
    return resize(p, mip_total_of(count, size));
}
#endif

#ifdef HAVE_REALLOCF
MIP_EXPORT void *reallocf(void *p, size_t size) {
    check_origin("reallocf", p);
    void *resized = resize(p, size);
    if (resized == NULL && size != 0 && errno != EINVAL) { /* else p is no block */
        mip_free(p);
    }
    return resized;
}
#endif

#if defined(HAVE_CFREE) || MIP_HAS_OLD_CFREE
void cfree(void *p);

MIP_EXPORT void cfree(void *p) {
    check_origin("cfree", p);
    mip_fast_free(p);
}
#endif

MIP_EXPORT void free_sized(void *p, size_t size) {
    check_origin("free_sized", p);
    free_of_size(p, size);
}

MIP_EXPORT void free_aligned_sized(void *p, size_t alignment, size_t size) {
    check_origin("free_aligned_sized", p);
    if (SLOTS) {
        mip_strict_check_alignment(p, alignment);
    }
    free_of_size(p, size);
}
