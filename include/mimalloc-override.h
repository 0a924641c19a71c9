/* SPDX-License-Identifier: MIT */
/* Macros that turn calls of the C library's allocating functions, and of their kin on other
   systems, into calls of this library, in the files that include this header and nowhere else.
   Include it after all other headers, and in every file that frees or resizes what such a file has
   allocated.  Where nothing can be recompiled, or all of a process should be served, use the
   override library instead.

   The macros have parameters, so that only calls are replaced: `free(p)` is, and `free` as a
   member, a variable or an argument is not.  Therefore
   - a function that is passed on by name stays the C library's: pass mi_free, not free;
   - a member that is a pointer to a function is called as (p->free)(x) or (*p->free)(x);
   - (free)(p) calls the C library's.  That is what a block needs which the C library allocated by
     itself, in getline, asprintf, wcsdup, getcwd and so on.
   In C++, std::malloc and the others of <cstdlib> are replaced too; for that the functions of this
   library stand in namespace std as well. */
#ifndef MIMALLOC_OVERRIDE_H
#define MIMALLOC_OVERRIDE_H

#include <mimalloc.h>

/* What declares the names has to come first. */
#ifdef __cplusplus
extern "C++" {
#include <cstdlib>
#include <cstring>
#include <cwchar>
}
#endif
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#if defined(__APPLE__)
#include <malloc/malloc.h>
#elif defined(__FreeBSD__) || defined(__DragonFly__)
#include <malloc_np.h>
#elif defined(__linux__) || defined(__GLIBC__) || defined(__sun) || defined(_WIN32)
#include <malloc.h>
#endif

#ifdef __cplusplus
namespace std {
using ::mi_aligned_alloc;
using ::mi_calloc;
using ::mi_free;
using ::mi_malloc;
using ::mi_realloc;
} /* namespace std */
#endif

/* ---- Standard C ------------------------------------------------------------------------------ */

#undef malloc
#undef calloc
#undef realloc
#undef free
#undef aligned_alloc
#undef free_sized
#undef free_aligned_sized
#undef strdup
#undef strndup
#define malloc(size) mi_malloc(size)
#define calloc(count, size) mi_calloc(count, size)
#define realloc(p, size) mi_realloc(p, size)
#define free(p) mi_free(p)
#define aligned_alloc(alignment, size) mi_aligned_alloc(alignment, size)
#define free_sized(p, size) mi_free_size(p, size)
#define free_aligned_sized(p, alignment, size) mi_free_size_aligned(p, size, alignment)
#define strdup(s) mi_strdup(s)
#define strndup(s, n) mi_strndup(s, n)

/* ---- POSIX, Linux, the BSDs, macOS ----------------------------------------------------------- */

#undef posix_memalign
#undef memalign
#undef valloc
#undef pvalloc
#undef reallocarray
#undef reallocarr
#undef reallocf
#undef cfree
#undef realpath
#undef malloc_usable_size
#undef malloc_size
#undef malloc_good_size
#define posix_memalign(p, alignment, size) mi_posix_memalign(p, alignment, size)
#define memalign(alignment, size) mi_memalign(alignment, size)
#define valloc(size) mi_valloc(size)
#define pvalloc(size) mi_pvalloc(size)
#define reallocarray(p, count, size) mi_reallocarray(p, count, size)
#define reallocarr(p, count, size) mi_reallocarr(p, count, size)
#define reallocf(p, size) mi_reallocf(p, size)
#define cfree(p) mi_cfree(p)
#define realpath(name, resolved) mi_realpath(name, resolved)
#define malloc_usable_size(p) mi_malloc_usable_size(p)
#define malloc_size(p) mi_malloc_size(p)
#define malloc_good_size(size) mi_malloc_good_size(size)

/* ---- Windows --------------------------------------------------------------------------------- */

#undef _expand
#undef _msize
#undef _recalloc
#undef _strdup
#undef _strndup
#undef _mbsdup
#undef _dupenv_s
#define _expand(p, size) mi__expand(p, size)
#define _msize(p) mi_malloc_usable_size(p)
#define _recalloc(p, count, size) mi_recalloc(p, count, size)
#define _strdup(s) mi_strdup(s)
#define _strndup(s, n) mi_strndup(s, n)
#define _mbsdup(s) mi_mbsdup(s)
#define _dupenv_s(buf, size, name) mi_dupenv_s(buf, size, name)

#undef _aligned_malloc
#undef _aligned_realloc
#undef _aligned_recalloc
#undef _aligned_msize
#undef _aligned_free
#undef _aligned_offset_malloc
#undef _aligned_offset_realloc
#undef _aligned_offset_recalloc
#define _aligned_malloc(size, alignment) mi_malloc_aligned(size, alignment)
#define _aligned_realloc(p, size, alignment) mi_realloc_aligned(p, size, alignment)
#define _aligned_recalloc(p, count, size, alignment) mi_aligned_recalloc(p, count, size, alignment)
#define _aligned_msize(p, alignment, offset) mi_malloc_usable_size(p)
#define _aligned_free(p) mi_free(p)
#define _aligned_offset_malloc(size, alignment, offset)                                            \
    mi_malloc_aligned_at(size, alignment, offset)
#define _aligned_offset_realloc(p, size, alignment, offset)                                        \
    mi_realloc_aligned_at(p, size, alignment, offset)
#define _aligned_offset_recalloc(p, count, size, alignment, offset)                                \
    mi_aligned_offset_recalloc(p, count, size, alignment, offset)

/* Wide strings, where they are of 16-bit units. */
#if WCHAR_MAX <= 0xFFFF
#undef _wcsdup
#undef _wdupenv_s
#define _wcsdup(s) ((wchar_t *)mi_wcsdup((const unsigned short *)(s)))
#define _wdupenv_s(buf, size, name)                                                                \
    mi_wdupenv_s((unsigned short **)(buf), size, (const unsigned short *)(name))
#endif

#endif
