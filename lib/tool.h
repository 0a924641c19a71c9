/* SPDX-License-Identifier: MIT */
/* Floor 0: what memcheck (configure --enable-valgrind) and AddressSanitizer
   (--enable-asan-poison) are told of our memory.  The only file that names them: without those
   options each of these is nothing, and no file that calls them has an instruction more.  Any
   thread. */
#ifndef MIP_TOOL_H
#define MIP_TOOL_H

#include "variant.h"

#ifdef MIP_WITH_VALGRIND
#include <valgrind/memcheck.h>
#else
#define VALGRIND_DISABLE_ERROR_REPORTING ((void)0)
#define VALGRIND_ENABLE_ERROR_REPORTING ((void)0)
#define VALGRIND_MALLOCLIKE_BLOCK(p, size, around, is_zero) ((void)0)
#define VALGRIND_FREELIKE_BLOCK(p, around) ((void)0)
#define VALGRIND_RESIZEINPLACE_BLOCK(p, old_size, size, around) ((void)0)
#define VALGRIND_MAKE_MEM_NOACCESS(p, size) ((void)0)
#define VALGRIND_DISABLE_ADDR_ERROR_REPORTING_IN_RANGE(p, size) ((void)0)
#endif

#ifdef MIP_WITH_ASAN
/* Weak: a program that is not made with the sanitizer has none of them. */
#pragma weak __asan_poison_memory_region
#pragma weak __asan_unpoison_memory_region
#pragma weak __asan_report_error
#pragma weak __lsan_register_root_region
#pragma weak __lsan_unregister_root_region
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#endif

/* The calling thread does the allocator's own work, which touches what the program may not. */
MIP_INLINE void mip_tool_begin(void) {
    VALGRIND_DISABLE_ERROR_REPORTING;
}

MIP_INLINE void mip_tool_end(void) {
    VALGRIND_ENABLE_ERROR_REPORTING;
}

/* ASan: nobody may touch [p, p + size), or anybody may. */
MIP_INLINE void mip_tool_poison(const void *p, size_t size) {
#ifdef MIP_WITH_ASAN
    if (__asan_poison_memory_region != NULL)
        __asan_poison_memory_region(p, size);
#else
    (void)p, (void)size;
#endif
}

MIP_INLINE void mip_tool_unpoison(const void *p, size_t size) {
#ifdef MIP_WITH_ASAN
    if (__asan_unpoison_memory_region != NULL)
        __asan_unpoison_memory_region(p, size);
#else
    (void)p, (void)size;
#endif
}

/* The program may use [p, p + size) of a block that goes on up to p + usable. */
MIP_INLINE void mip_tool_allocated(const void *p, size_t size, bool is_zero) {
    (void)p, (void)size, (void)is_zero;
    VALGRIND_MALLOCLIKE_BLOCK(p, size, 0, is_zero);
    mip_tool_unpoison(p, size);
}

MIP_INLINE void mip_tool_resized(const void *p, size_t old_size, size_t size) {
    (void)p, (void)old_size, (void)size;
    VALGRIND_RESIZEINPLACE_BLOCK(p, old_size, size, 0);
    mip_tool_poison(p, old_size);
    mip_tool_unpoison(p, size);
}

/* memcheck: the program frees p, which memcheck reports if it is no live block. */
MIP_INLINE void mip_tool_freed(const void *p) {
    (void)p;
    VALGRIND_FREELIKE_BLOCK(p, 0);
}

/* The program frees what is no live block: memcheck has said so, ASan does now, and ends it. */
MIP_INLINE void mip_tool_bad_free(const void *p, void *caller) {
    (void)p, (void)caller;
#ifdef MIP_WITH_ASAN
    if (__asan_report_error != NULL)
        __asan_report_error(caller, __builtin_frame_address(0), __builtin_frame_address(0),
                            (void *)(uintptr_t)p, true, 1);
#endif
}

/* Blocks will be given out from [p, p + size). */
MIP_INLINE void mip_tool_hide(const void *p, size_t size) {
    (void)p, (void)size;
    VALGRIND_MAKE_MEM_NOACCESS(p, size);
    mip_tool_poison(p, size);
}

/* The allocator's records, which are no references to blocks: whoever looks for leaks passes them.
 */
MIP_INLINE void mip_tool_own(const void *p, size_t size) {
    (void)p, (void)size;
    VALGRIND_MAKE_MEM_NOACCESS(p, size);
    VALGRIND_DISABLE_ADDR_ERROR_REPORTING_IN_RANGE(p, size);
}

/* A mapping with blocks, which may refer to what the sanitizer's own malloc gave; and its end. */
MIP_INLINE void mip_tool_mapped(const void *p, size_t size) {
    (void)p, (void)size;
#ifdef MIP_WITH_ASAN
    if (__lsan_register_root_region != NULL)
        __lsan_register_root_region(p, size);
#endif
}

MIP_INLINE void mip_tool_unmapped(const void *p, size_t size) {
    mip_tool_unpoison(p, size);
#ifdef MIP_WITH_ASAN
    if (__lsan_unregister_root_region != NULL)
        __lsan_unregister_root_region(p, size);
#endif
}

#endif
