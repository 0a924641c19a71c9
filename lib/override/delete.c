/* SPDX-License-Identifier: MIT */
/* Floor 6, override: the twelve forms of operator delete.  All find the block by its address. */
#include "../api/cxx_names.h"
#include "../core/fast.h"
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

MIP_EXPORT void operator_delete(void *p) {
    mip_fast_free(p);
}

MIP_EXPORT void operator_delete_array(void *p) {
    mip_fast_free(p);
}

MIP_EXPORT void operator_delete_nothrow(void *p, const void *tag) {
    (void)tag;
    mip_fast_free(p);
}

MIP_EXPORT void operator_delete_array_nothrow(void *p, const void *tag) {
    (void)tag;
    mip_fast_free(p);
}

MIP_EXPORT void operator_delete_sized(void *p, size_t size) {
    free_of_size(p, size);
}

MIP_EXPORT void operator_delete_array_sized(void *p, size_t size) {
    free_of_size(p, size);
}

MIP_EXPORT void operator_delete_aligned(void *p, size_t alignment) {
    (void)alignment;
    mip_fast_free(p);
}

MIP_EXPORT void operator_delete_array_aligned(void *p, size_t alignment) {
    (void)alignment;
    mip_fast_free(p);
}

MIP_EXPORT void operator_delete_sized_aligned(void *p, size_t size, size_t alignment) {
    (void)alignment;
    free_of_size(p, size);
}

MIP_EXPORT void operator_delete_array_sized_aligned(void *p, size_t size, size_t alignment) {
    (void)alignment;
    free_of_size(p, size);
}

MIP_EXPORT void operator_delete_aligned_nothrow(void *p, size_t alignment, const void *tag) {
    (void)alignment;
    (void)tag;
    mip_fast_free(p);
}

MIP_EXPORT void operator_delete_array_aligned_nothrow(void *p, size_t alignment, const void *tag) {
    (void)alignment;
    (void)tag;
    mip_fast_free(p);
}
