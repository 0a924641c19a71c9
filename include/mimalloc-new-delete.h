/* SPDX-License-Identifier: MIT */
/* The operators new and delete of C++, in all forms that a program may replace, served by this
   library.  Include this header in exactly one source file of a program: it defines functions, and
   a program has one set of them.  It serves the whole process then, C++ libraries included; malloc
   it leaves alone.

   What the standard that the file is compiled for does not know is not defined; the C++ library's
   own operators of that kind either call those that are, or serve and free by themselves.  C++17
   and later define all. */
#ifndef MIMALLOC_NEW_DELETE_H
#define MIMALLOC_NEW_DELETE_H

#ifdef __cplusplus
#include <mimalloc.h>

/* Also where a program includes this header within extern "C". */
extern "C++" {
#include <cstddef>
#include <new>

#if __cplusplus >= 201103L
#define MI_MAY_THROW
#else
#define MI_MAY_THROW throw(std::bad_alloc)
#endif

void *operator new(std::size_t size) MI_MAY_THROW {
    return mi_new(size);
}
void *operator new[](std::size_t size) MI_MAY_THROW {
    return mi_new(size);
}
void *operator new(std::size_t size, const std::nothrow_t &) MI_NOEXCEPT {
    return mi_new_nothrow(size);
}
void *operator new[](std::size_t size, const std::nothrow_t &) MI_NOEXCEPT {
    return mi_new_nothrow(size);
}

void operator delete(void *p) MI_NOEXCEPT {
    mi_free(p);
}
void operator delete[](void *p) MI_NOEXCEPT {
    mi_free(p);
}
void operator delete(void *p, const std::nothrow_t &) MI_NOEXCEPT {
    mi_free(p);
}
void operator delete[](void *p, const std::nothrow_t &) MI_NOEXCEPT {
    mi_free(p);
}

/* With a size: other files may use these although this one is compiled without. */
#if __cplusplus >= 201402L
#ifndef __cpp_sized_deallocation
void operator delete(void *p, std::size_t size) MI_NOEXCEPT;
void operator delete[](void *p, std::size_t size) MI_NOEXCEPT;
#endif
void operator delete(void *p, std::size_t size) MI_NOEXCEPT {
    mi_free_size(p, size);
}
void operator delete[](void *p, std::size_t size) MI_NOEXCEPT {
    mi_free_size(p, size);
}
#endif

/* With an alignment. */
#ifdef __cpp_aligned_new
void *operator new(std::size_t size, std::align_val_t alignment) {
    return mi_new_aligned(size, static_cast<std::size_t>(alignment));
}
void *operator new[](std::size_t size, std::align_val_t alignment) {
    return mi_new_aligned(size, static_cast<std::size_t>(alignment));
}
void *operator new(std::size_t size, std::align_val_t alignment,
                   const std::nothrow_t &) MI_NOEXCEPT {
    return mi_new_aligned_nothrow(size, static_cast<std::size_t>(alignment));
}
void *operator new[](std::size_t size, std::align_val_t alignment,
                     const std::nothrow_t &) MI_NOEXCEPT {
    return mi_new_aligned_nothrow(size, static_cast<std::size_t>(alignment));
}

void operator delete(void *p, std::align_val_t alignment) MI_NOEXCEPT {
    mi_free_aligned(p, static_cast<std::size_t>(alignment));
}
void operator delete[](void *p, std::align_val_t alignment) MI_NOEXCEPT {
    mi_free_aligned(p, static_cast<std::size_t>(alignment));
}
void operator delete(void *p, std::align_val_t alignment, const std::nothrow_t &) MI_NOEXCEPT {
    mi_free_aligned(p, static_cast<std::size_t>(alignment));
}
void operator delete[](void *p, std::align_val_t alignment, const std::nothrow_t &) MI_NOEXCEPT {
    mi_free_aligned(p, static_cast<std::size_t>(alignment));
}

#ifndef __cpp_sized_deallocation
void operator delete(void *p, std::size_t size, std::align_val_t alignment) MI_NOEXCEPT;
void operator delete[](void *p, std::size_t size, std::align_val_t alignment) MI_NOEXCEPT;
#endif
void operator delete(void *p, std::size_t size, std::align_val_t alignment) MI_NOEXCEPT {
    mi_free_size_aligned(p, size, static_cast<std::size_t>(alignment));
}
void operator delete[](void *p, std::size_t size, std::align_val_t alignment) MI_NOEXCEPT {
    mi_free_size_aligned(p, size, static_cast<std::size_t>(alignment));
}
#endif

#undef MI_MAY_THROW
} /* extern "C++" */
#endif
#endif
