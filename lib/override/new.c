/* SPDX-License-Identifier: MIT */
/* Floor 6, override: the eight forms of operator new.  Single and array forms are the same here. */
#include "../api/cxx_names.h"
#include "../api/new_failure.h"
#include "../core/core.h"
#include "../core/fast.h"

/* Asked for only after the fast path: an earlier look would cost that path a stack frame. */
#define CALLER __builtin_return_address(0)

void *operator_new(size_t size) MIP_CXX_NAME(MIP_CXX_NEW);
void *operator_new_array(size_t size) MIP_CXX_NAME(MIP_CXX_NEW_ARRAY);
void *operator_new_nothrow(size_t size, const void *tag) MIP_CXX_NAME(MIP_CXX_NEW MIP_CXX_NOTHROW);
void *operator_new_array_nothrow(size_t size, const void *tag)
    MIP_CXX_NAME(MIP_CXX_NEW_ARRAY MIP_CXX_NOTHROW);
void *operator_new_aligned(size_t size, size_t alignment) MIP_CXX_NAME(MIP_CXX_NEW MIP_CXX_ALIGN);
void *operator_new_array_aligned(size_t size, size_t alignment)
    MIP_CXX_NAME(MIP_CXX_NEW_ARRAY MIP_CXX_ALIGN);
void *operator_new_aligned_nothrow(size_t size, size_t alignment, const void *tag)
    MIP_CXX_NAME(MIP_CXX_NEW MIP_CXX_ALIGN MIP_CXX_NOTHROW);
void *operator_new_array_aligned_nothrow(size_t size, size_t alignment, const void *tag)
    MIP_CXX_NAME(MIP_CXX_NEW_ARRAY MIP_CXX_ALIGN MIP_CXX_NOTHROW);

MIP_EXPORT void *operator_new(size_t size) {
    void *p = mip_fast_malloc(size);
    return MIP_LIKELY(p != NULL) ? p : mip_api_new_failed(MIP_NEW_PLAIN, size, 0, CALLER);
}

MIP_EXPORT void *operator_new_array(size_t size) {
    void *p = mip_fast_malloc(size);
    return MIP_LIKELY(p != NULL) ? p : mip_api_new_failed(MIP_NEW_PLAIN, size, 0, CALLER);
}

MIP_EXPORT void *operator_new_nothrow(size_t size, const void *tag) {
    (void)tag;
    void *p = mip_fast_malloc(size);
    return MIP_LIKELY(p != NULL) ? p : mip_api_new_failed(MIP_NEW_NOTHROW, size, 0, CALLER);
}

MIP_EXPORT void *operator_new_array_nothrow(size_t size, const void *tag) {
    (void)tag;
    void *p = mip_fast_malloc(size);
    return MIP_LIKELY(p != NULL) ? p : mip_api_new_failed(MIP_NEW_NOTHROW, size, 0, CALLER);
}

MIP_EXPORT void *operator_new_aligned(size_t size, size_t alignment) {
    void *p = mip_fast_malloc_aligned(size, alignment);
    return MIP_LIKELY(p != NULL) ? p : mip_api_new_failed(MIP_NEW_ALIGNED, size, alignment, CALLER);
}

MIP_EXPORT void *operator_new_array_aligned(size_t size, size_t alignment) {
    void *p = mip_fast_malloc_aligned(size, alignment);
    return MIP_LIKELY(p != NULL) ? p : mip_api_new_failed(MIP_NEW_ALIGNED, size, alignment, CALLER);
}

MIP_EXPORT void *operator_new_aligned_nothrow(size_t size, size_t alignment, const void *tag) {
    (void)tag;
    void *p = mip_fast_malloc_aligned(size, alignment);
    return MIP_LIKELY(p != NULL)
               ? p
               : mip_api_new_failed(MIP_NEW_ALIGNED_NOTHROW, size, alignment, CALLER);
}

MIP_EXPORT void *operator_new_array_aligned_nothrow(size_t size, size_t alignment,
                                                    const void *tag) {
    (void)tag;
    void *p = mip_fast_malloc_aligned(size, alignment);
    return MIP_LIKELY(p != NULL)
               ? p
               : mip_api_new_failed(MIP_NEW_ALIGNED_NOTHROW, size, alignment, CALLER);
}
