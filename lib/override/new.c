/* SPDX-License-Identifier: MIT */
/* Floor 6, override: the eight forms of operator new.

   A program may have an operator new of its own and no other form: C++ says that the others then
   ask it, and what it puts around its blocks the program's operator delete expects.  So the array
   forms call the single ones by their exported names, which the linker or the loader binds to the
   program's, where it is the program's: a call of this library's own would hide who asked.  The
   nothrow forms, which would have to catch, look first whether there is such a one.
   Weak, for programs that are linked with the object. */
#include "../api/cxx_names.h"
#include "../api/new_failure.h"
#include "../core/watched.h"
#include "origin.h"

#include <stdint.h>

/* Asked for only after the fast path: an earlier look would cost that path a stack frame. */
#define CALLER __builtin_return_address(0)
#define ADDRESS(function) ((const void *)(uintptr_t)(function))

#define NEW_NOTHROW MIP_CXX_NEW MIP_CXX_NOTHROW
#define NEW_ARRAY_NOTHROW MIP_CXX_NEW_ARRAY MIP_CXX_NOTHROW
#define NEW_ALIGNED_NOTHROW MIP_CXX_NEW MIP_CXX_ALIGN MIP_CXX_NOTHROW
#define NEW_ARRAY_ALIGNED_NOTHROW MIP_CXX_NEW_ARRAY MIP_CXX_ALIGN MIP_CXX_NOTHROW

void *operator_new(size_t size) MIP_CXX_NAME(MIP_CXX_NEW);
void *operator_new_array(size_t size) MIP_CXX_NAME(MIP_CXX_NEW_ARRAY);
void *operator_new_nothrow(size_t size, const void *tag) MIP_CXX_NAME(NEW_NOTHROW);
void *operator_new_array_nothrow(size_t size, const void *tag) MIP_CXX_NAME(NEW_ARRAY_NOTHROW);
void *operator_new_aligned(size_t size, size_t alignment) MIP_CXX_NAME(MIP_CXX_NEW MIP_CXX_ALIGN);
void *operator_new_array_aligned(size_t size, size_t alignment)
    MIP_CXX_NAME(MIP_CXX_NEW_ARRAY MIP_CXX_ALIGN);
void *operator_new_aligned_nothrow(size_t size, size_t alignment, const void *tag)
    MIP_CXX_NAME(NEW_ALIGNED_NOTHROW);
void *operator_new_array_aligned_nothrow(size_t size, size_t alignment, const void *tag)
    MIP_CXX_NAME(NEW_ARRAY_ALIGNED_NOTHROW);

/* This library's, whoever defines the exported name. */
static void *own_new(size_t size) __attribute__((alias(MIP_CXX_NEW)));
static void *own_new_array(size_t size) __attribute__((alias(MIP_CXX_NEW_ARRAY)));
static void *own_new_aligned(size_t size, size_t alignment)
    __attribute__((alias(MIP_CXX_NEW MIP_CXX_ALIGN)));
static void *own_new_array_aligned(size_t size, size_t alignment)
    __attribute__((alias(MIP_CXX_NEW_ARRAY MIP_CXX_ALIGN)));
static void *own_new_nothrow(size_t size, const void *tag) __attribute__((alias(NEW_NOTHROW)));
static void *own_new_array_nothrow(size_t size, const void *tag)
    __attribute__((alias(NEW_ARRAY_NOTHROW)));
static void *own_new_aligned_nothrow(size_t size, size_t alignment, const void *tag)
    __attribute__((alias(NEW_ALIGNED_NOTHROW)));
static void *own_new_array_aligned_nothrow(size_t size, size_t alignment, const void *tag)
    __attribute__((alias(NEW_ARRAY_ALIGNED_NOTHROW)));

/* A block of operator new, noted as such where that is looked at. */
MIP_INLINE void *by(enum mip_origin origin, void *p) {
    if (ORIGINS && p != NULL) {
        mip_strict_set_origin(p, origin);
    }
    return p;
}

MIP_EXPORT MIP_WEAK void *operator_new(size_t size) {
    void *p = mip_fast_malloc(size);
    return by(MIP_BY_NEW,
              MIP_LIKELY(p != NULL) ? p : mip_api_new_failed(MIP_NEW_PLAIN, size, 0, CALLER));
}

MIP_EXPORT MIP_WEAK void *operator_new_array(size_t size) {
    if (MIP_UNLIKELY(operator_new != own_new)) {
        return operator_new(size);
    }
    void *p = mip_fast_malloc(size);
    return by(MIP_BY_NEW_ARRAY,
              MIP_LIKELY(p != NULL) ? p : mip_api_new_failed(MIP_NEW_PLAIN, size, 0, CALLER));
}

MIP_EXPORT MIP_WEAK void *operator_new_aligned(size_t size, size_t alignment) {
    void *p = mip_fast_malloc_aligned(size, alignment);
    return by(MIP_BY_NEW, MIP_LIKELY(p != NULL)
                              ? p
                              : mip_api_new_failed(MIP_NEW_ALIGNED, size, alignment, CALLER));
}

MIP_EXPORT MIP_WEAK void *operator_new_array_aligned(size_t size, size_t alignment) {
    if (MIP_UNLIKELY(operator_new_aligned != own_new_aligned)) {
        return operator_new_aligned(size, alignment);
    }
    void *p = mip_fast_malloc_aligned(size, alignment);
    return by(MIP_BY_NEW_ARRAY, MIP_LIKELY(p != NULL)
                                    ? p
                                    : mip_api_new_failed(MIP_NEW_ALIGNED, size, alignment, CALLER));
}

/* ---- Forms that do not throw -------------------------------------------------------------------
 */

MIP_EXPORT MIP_WEAK void *operator_new_nothrow(size_t size, const void *tag) {
    (void)tag;
    if (MIP_UNLIKELY(operator_new != own_new)) {
        return mip_api_new_of_program(ADDRESS(operator_new), NEW_NOTHROW, MIP_NEW_NOTHROW, size, 0,
                                      CALLER);
    }
    void *p = mip_fast_malloc(size);
    return by(MIP_BY_NEW,
              MIP_LIKELY(p != NULL) ? p : mip_api_new_failed(MIP_NEW_NOTHROW, size, 0, CALLER));
}

MIP_EXPORT MIP_WEAK void *operator_new_array_nothrow(size_t size, const void *tag) {
    (void)tag;
    if (MIP_UNLIKELY(operator_new_array != own_new_array || operator_new != own_new)) {
        return mip_api_new_of_program(ADDRESS(operator_new_array), NEW_ARRAY_NOTHROW,
                                      MIP_NEW_NOTHROW, size, 0, CALLER);
    }
    void *p = mip_fast_malloc(size);
    return by(MIP_BY_NEW_ARRAY,
              MIP_LIKELY(p != NULL) ? p : mip_api_new_failed(MIP_NEW_NOTHROW, size, 0, CALLER));
}

MIP_EXPORT MIP_WEAK void *operator_new_aligned_nothrow(size_t size, size_t alignment,
                                                       const void *tag) {
    (void)tag;
    if (MIP_UNLIKELY(operator_new_aligned != own_new_aligned)) {
        return mip_api_new_of_program(ADDRESS(operator_new_aligned), NEW_ALIGNED_NOTHROW,
                                      MIP_NEW_ALIGNED_NOTHROW, size, alignment, CALLER);
    }
    void *p = mip_fast_malloc_aligned(size, alignment);
    return by(MIP_BY_NEW, MIP_LIKELY(p != NULL) ? p
                                                : mip_api_new_failed(MIP_NEW_ALIGNED_NOTHROW, size,
                                                                     alignment, CALLER));
}

MIP_EXPORT MIP_WEAK void *operator_new_array_aligned_nothrow(size_t size, size_t alignment,
                                                             const void *tag) {
    (void)tag;
    if (MIP_UNLIKELY(operator_new_array_aligned != own_new_array_aligned ||
                     operator_new_aligned != own_new_aligned)) {
        return mip_api_new_of_program(ADDRESS(operator_new_array_aligned),
                                      NEW_ARRAY_ALIGNED_NOTHROW, MIP_NEW_ALIGNED_NOTHROW, size,
                                      alignment, CALLER);
    }
    void *p = mip_fast_malloc_aligned(size, alignment);
    return by(MIP_BY_NEW_ARRAY,
              MIP_LIKELY(p != NULL)
                  ? p
                  : mip_api_new_failed(MIP_NEW_ALIGNED_NOTHROW, size, alignment, CALLER));
}

bool mip_override_has_own_new(void) {
    return operator_new == own_new && operator_new_array == own_new_array &&
           operator_new_aligned == own_new_aligned &&
           operator_new_array_aligned == own_new_array_aligned &&
           operator_new_nothrow == own_new_nothrow &&
           operator_new_array_nothrow == own_new_array_nothrow &&
           operator_new_aligned_nothrow == own_new_aligned_nothrow &&
           operator_new_array_aligned_nothrow == own_new_array_aligned_nothrow;
}
