/* SPDX-License-Identifier: MIT */
/* mi_memory_resource: this library as a source of memory for the containers of std::pmr.  C++17
   and later; empty where there is no <memory_resource>, and MI_HAS_MEMORY_RESOURCE is undefined
   then.  A header of its own, because <memory_resource> is much to read for each file that includes
   <mimalloc.h>. */
#ifndef MIMALLOC_MEMORY_RESOURCE_H
#define MIMALLOC_MEMORY_RESOURCE_H

#if defined(__cplusplus) && __cplusplus >= 201703L
#if __has_include(<memory_resource>)
#include <mimalloc.h>

/* Also where a program includes this header within extern "C". */
extern "C++" {
#include <cstddef>
#include <memory_resource>

#define MI_HAS_MEMORY_RESOURCE 1

/* Allocates from the calling thread's default heap, or from a heap of the program, in the thread
   that made that; the heap must outlive the resource.  Blocks are given back in any thread.
   Failure is that of operator new. */
class mi_memory_resource : public std::pmr::memory_resource {
  public:
    mi_memory_resource() noexcept : heap_(nullptr) {
    }
    explicit mi_memory_resource(mi_heap_t *heap) noexcept : heap_(heap) {
    }

  private:
    mi_heap_t *heap_; /* NULL: the default heap */

    void *do_allocate(std::size_t size, std::size_t alignment) override {
        return heap_ == nullptr ? mi_cxx_detail::allocate(size, alignment)
                                : mi_cxx_detail::allocate_from(heap_, size, alignment);
    }

    void do_deallocate(void *block, std::size_t size, std::size_t alignment) override {
        mi_cxx_detail::deallocate(block, size, alignment);
    }

    /* Equal when they allocate from the same heap.  Without type information a resource of unknown
       kind is equal only if it is this one. */
    bool do_is_equal(const std::pmr::memory_resource &other) const noexcept override {
#if defined(__GXX_RTTI) || defined(__cpp_rtti)
        const mi_memory_resource *const same_kind =
            dynamic_cast<const mi_memory_resource *>(&other);
        return same_kind != nullptr && same_kind->heap_ == heap_;
#else
        return &other == this;
#endif
    }
};
} /* extern "C++" */

#endif
#endif
#endif
