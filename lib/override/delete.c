/* SPDX-License-Identifier: MIT */
/* Floor 6, override: the twelve forms of operator delete.  All find the block by its address.

   A program may have an operator delete of its own and no other form: C++ says that the others then
   end there.  So they call the form they stand for by its exported name, which the linker or the
   loader binds to the program's.  Weak, for programs that are linked with the object. */
#include "../api/cxx_names.h"
#include "../core/watched.h"
#include "origin.h"
#include "sized.h"

#define DELETE MIP_CXX_DELETE
#define DELETE_ARRAY MIP_CXX_DELETE_ARRAY
#define SIZE MIP_CXX_SIZE
#define ALIGN MIP_CXX_ALIGN
#define NOTHROW MIP_CXX_NOTHROW

void operator_delete(void *p) MIP_CXX_NAME(DELETE);
void operator_delete_array(void *p) MIP_CXX_NAME(DELETE_ARRAY);
void operator_delete_nothrow(void *p, const void *tag) MIP_CXX_NAME(DELETE NOTHROW);
void operator_delete_array_nothrow(void *p, const void *tag) MIP_CXX_NAME(DELETE_ARRAY NOTHROW);
void operator_delete_sized(void *p, size_t size) MIP_CXX_NAME(DELETE SIZE);
void operator_delete_array_sized(void *p, size_t size) MIP_CXX_NAME(DELETE_ARRAY SIZE);
void operator_delete_aligned(void *p, size_t alignment) MIP_CXX_NAME(DELETE ALIGN);
void operator_delete_array_aligned(void *p, size_t alignment) MIP_CXX_NAME(DELETE_ARRAY ALIGN);
void operator_delete_sized_aligned(void *p, size_t size, size_t alignment)
    MIP_CXX_NAME(DELETE SIZE ALIGN);
void operator_delete_array_sized_aligned(void *p, size_t size, size_t alignment)
    MIP_CXX_NAME(DELETE_ARRAY SIZE ALIGN);
void operator_delete_aligned_nothrow(void *p, size_t alignment, const void *tag)
    MIP_CXX_NAME(DELETE ALIGN NOTHROW);
void operator_delete_array_aligned_nothrow(void *p, size_t alignment, const void *tag)
    MIP_CXX_NAME(DELETE_ARRAY ALIGN NOTHROW);

enum { ANY_ALIGNMENT = 16 }; /* what every block has */

/* This library's, whoever defines the exported name. */
static void own_delete(void *p) __attribute__((alias(DELETE)));
static void own_delete_array(void *p) __attribute__((alias(DELETE_ARRAY)));
static void own_delete_aligned(void *p, size_t alignment) __attribute__((alias(DELETE ALIGN)));
static void own_delete_array_aligned(void *p, size_t alignment)
    __attribute__((alias(DELETE_ARRAY ALIGN)));
static void own_delete_nothrow(void *p, const void *tag) __attribute__((alias(DELETE NOTHROW)));
static void own_delete_array_nothrow(void *p, const void *tag)
    __attribute__((alias(DELETE_ARRAY NOTHROW)));
static void own_delete_sized(void *p, size_t size) __attribute__((alias(DELETE SIZE)));
static void own_delete_array_sized(void *p, size_t size) __attribute__((alias(DELETE_ARRAY SIZE)));
static void own_delete_sized_aligned(void *p, size_t size, size_t alignment)
    __attribute__((alias(DELETE SIZE ALIGN)));
static void own_delete_array_sized_aligned(void *p, size_t size, size_t alignment)
    __attribute__((alias(DELETE_ARRAY SIZE ALIGN)));
static void own_delete_aligned_nothrow(void *p, size_t alignment, const void *tag)
    __attribute__((alias(DELETE ALIGN NOTHROW)));
static void own_delete_array_aligned_nothrow(void *p, size_t alignment, const void *tag)
    __attribute__((alias(DELETE_ARRAY ALIGN NOTHROW)));

/* Was the block made by that form of operator new? */
MIP_INLINE void check_origin(const char *function, const void *p, enum mip_origin origin) {
    if (ORIGINS && mip_override_has_own_new()) {
        mip_strict_check_origin(function, p, origin);
    }
}

/* A block of the program's own operators may have any size and alignment. */
MIP_INLINE void check_size(const void *p, size_t size) {
    if (SLOTS && mip_override_has_own_new()) {
        mip_strict_check_size(p, size);
    }
}

/* Likewise, and no block of the aligned forms of new. */
MIP_INLINE void check_plain(const void *p, size_t size) {
    if (SLOTS && mip_override_has_own_new()) {
        mip_strict_check_plain(p, size);
    }
}

MIP_INLINE void check_alignment(const void *p, size_t alignment) {
    if (SLOTS && mip_override_has_own_new()) {
        mip_strict_check_alignment(p, alignment);
    }
}

MIP_EXPORT MIP_WEAK void operator_delete(void *p) {
    check_origin("delete", p, MIP_BY_NEW);
    if (ORIGINS) { /* the secure library would have to look the block up for this alone */
        check_alignment(p, ANY_ALIGNMENT);
    }
    mip_fast_free(p);
}

MIP_EXPORT MIP_WEAK void operator_delete_array(void *p) {
    if (ORIGINS && operator_delete == own_delete) {
        check_origin("delete[]", p, MIP_BY_NEW_ARRAY);
        check_alignment(p, ANY_ALIGNMENT);
        mip_fast_free(p);
        return;
    }
    operator_delete(p);
}

MIP_EXPORT MIP_WEAK void operator_delete_nothrow(void *p, const void *tag) {
    (void)tag;
    operator_delete(p);
}

MIP_EXPORT MIP_WEAK void operator_delete_array_nothrow(void *p, const void *tag) {
    (void)tag;
    operator_delete_array(p);
}

MIP_EXPORT MIP_WEAK void operator_delete_sized(void *p, size_t size) {
    if (SLOTS && operator_delete == own_delete) {
        check_plain(p, size);
    }
    operator_delete(p);
}

MIP_EXPORT MIP_WEAK void operator_delete_array_sized(void *p, size_t size) {
    if (SLOTS && operator_delete_array == own_delete_array && operator_delete == own_delete) {
        check_plain(p, size);
    }
    operator_delete_array(p);
}

MIP_EXPORT MIP_WEAK void operator_delete_aligned(void *p, size_t alignment) {
    check_alignment(p, alignment);
    check_origin("delete", p, MIP_BY_NEW);
    mip_fast_free(p);
}

MIP_EXPORT MIP_WEAK void operator_delete_array_aligned(void *p, size_t alignment) {
    if (ORIGINS && operator_delete_aligned == own_delete_aligned) {
        check_alignment(p, alignment);
        check_origin("delete[]", p, MIP_BY_NEW_ARRAY);
        mip_fast_free(p);
        return;
    }
    operator_delete_aligned(p, alignment);
}

MIP_EXPORT MIP_WEAK void operator_delete_sized_aligned(void *p, size_t size, size_t alignment) {
    if (SLOTS && operator_delete_aligned == own_delete_aligned) {
        check_size(p, size);
    }
    operator_delete_aligned(p, alignment);
}

MIP_EXPORT MIP_WEAK void operator_delete_array_sized_aligned(void *p, size_t size,
                                                             size_t alignment) {
    if (SLOTS && operator_delete_array_aligned == own_delete_array_aligned &&
        operator_delete_aligned == own_delete_aligned) {
        check_size(p, size);
    }
    operator_delete_array_aligned(p, alignment);
}

MIP_EXPORT MIP_WEAK void operator_delete_aligned_nothrow(void *p, size_t alignment,
                                                         const void *tag) {
    (void)tag;
    operator_delete_aligned(p, alignment);
}

MIP_EXPORT MIP_WEAK void operator_delete_array_aligned_nothrow(void *p, size_t alignment,
                                                               const void *tag) {
    (void)tag;
    operator_delete_array_aligned(p, alignment);
}

bool mip_override_has_own_delete(void) {
    return operator_delete == own_delete && operator_delete_array == own_delete_array &&
           operator_delete_sized == own_delete_sized &&
           operator_delete_array_sized == own_delete_array_sized &&
           operator_delete_aligned == own_delete_aligned &&
           operator_delete_array_aligned == own_delete_array_aligned &&
           operator_delete_sized_aligned == own_delete_sized_aligned &&
           operator_delete_array_sized_aligned == own_delete_array_sized_aligned &&
           operator_delete_nothrow == own_delete_nothrow &&
           operator_delete_array_nothrow == own_delete_array_nothrow &&
           operator_delete_aligned_nothrow == own_delete_aligned_nothrow &&
           operator_delete_array_aligned_nothrow == own_delete_array_aligned_nothrow;
}
