/* SPDX-License-Identifier: MIT */
/* WITH_MI: the functions of mimalloc.h; WITH_OPERATORS: the operators, and WITH_HEADER: those that
   mimalloc-new-delete.h defines over the plain library. */
#include "forms.h"

#include <new>

#ifdef WITH_HEADER
#include <mimalloc-new-delete.h>
#endif

#ifdef WITH_MI
#include <mimalloc.h>

static const form_of_new mi_news[] = {
    {"mi_new", [](std::size_t n, std::size_t) { return mi_new(n); }, SINGLE, true},
    {"mi_new_nothrow", [](std::size_t n, std::size_t) { return mi_new_nothrow(n); }, SINGLE, false},
    {"mi_new_aligned", [](std::size_t n, std::size_t a) { return mi_new_aligned(n, a); },
     SINGLE_ALIGNED, true},
    {"mi_new_aligned_nothrow",
     [](std::size_t n, std::size_t a) { return mi_new_aligned_nothrow(n, a); }, SINGLE_ALIGNED,
     false},
    {"mi_new_n", [](std::size_t n, std::size_t) { return mi_new_n(n, 1); }, SINGLE, true},
    {"mi_new_n swapped", [](std::size_t n, std::size_t) { return mi_new_n(1, n); }, SINGLE, true},
    {"mi_new_realloc", [](std::size_t n, std::size_t) { return mi_new_realloc(nullptr, n); },
     SINGLE, true},
    {"mi_new_reallocn", [](std::size_t n, std::size_t) { return mi_new_reallocn(nullptr, n, 1); },
     SINGLE, true},
    {"mi_heap_alloc_new",
     [](std::size_t n, std::size_t) { return mi_heap_alloc_new(mi_heap_get_default(), n); }, SINGLE,
     true},
    {"mi_heap_alloc_new_n",
     [](std::size_t n, std::size_t) { return mi_heap_alloc_new_n(mi_heap_get_default(), n, 1); },
     SINGLE, true},
    {nullptr, nullptr, SINGLE, false},
};

static const form_of_delete mi_deletes[] = {
    {"mi_free", [](void *p, std::size_t, std::size_t) { mi_free(p); }, SINGLE | ALIGNED},
    {"mi_free_size", [](void *p, std::size_t n, std::size_t) { mi_free_size(p, n); },
     SINGLE | ALIGNED},
    {"mi_free_aligned", [](void *p, std::size_t, std::size_t a) { mi_free_aligned(p, a); },
     ALIGNED},
    {"mi_free_size_aligned",
     [](void *p, std::size_t n, std::size_t a) { mi_free_size_aligned(p, n, a); }, ALIGNED},
    {nullptr, nullptr, 0},
};

static const forms mi_forms = {mi_news, mi_deletes};
#endif

#ifdef WITH_OPERATORS
static std::align_val_t align(std::size_t alignment) {
    return static_cast<std::align_val_t>(alignment);
}

static const form_of_new news[] = {
    {"new", [](std::size_t n, std::size_t) { return ::operator new(n); }, SINGLE, true},
    {"new, nothrow",
     [](std::size_t n, std::size_t) noexcept { return ::operator new(n, std::nothrow); }, SINGLE,
     false},
    {"new[]", [](std::size_t n, std::size_t) { return ::operator new[](n); }, ARRAY, true},
    {"new[], nothrow",
     [](std::size_t n, std::size_t) noexcept { return ::operator new[](n, std::nothrow); }, ARRAY,
     false},
    {"new, aligned", [](std::size_t n, std::size_t a) { return ::operator new(n, align(a)); },
     SINGLE_ALIGNED, true},
    {"new, aligned, nothrow",
     [](std::size_t n, std::size_t a) noexcept {
         return ::operator new(n, align(a), std::nothrow);
     },
     SINGLE_ALIGNED, false},
    {"new[], aligned", [](std::size_t n, std::size_t a) { return ::operator new[](n, align(a)); },
     ARRAY_ALIGNED, true},
    {"new[], aligned, nothrow",
     [](std::size_t n, std::size_t a) noexcept {
         return ::operator new[](n, align(a), std::nothrow);
     },
     ARRAY_ALIGNED, false},
    {nullptr, nullptr, SINGLE, false},
};

static const form_of_delete deletes[] = {
    {"delete", [](void *p, std::size_t, std::size_t) { ::operator delete(p); }, SINGLE},
    {"delete, sized", [](void *p, std::size_t n, std::size_t) { ::operator delete(p, n); }, SINGLE},
    {"delete, nothrow",
     [](void *p, std::size_t, std::size_t) { ::operator delete(p, std::nothrow); }, SINGLE},
    {"delete[]", [](void *p, std::size_t, std::size_t) { ::operator delete[](p); }, ARRAY},
    {"delete[], sized", [](void *p, std::size_t n, std::size_t) { ::operator delete[](p, n); },
     ARRAY},
    {"delete[], nothrow",
     [](void *p, std::size_t, std::size_t) { ::operator delete[](p, std::nothrow); }, ARRAY},
    {"delete, aligned", [](void *p, std::size_t, std::size_t a) { ::operator delete(p, align(a)); },
     SINGLE_ALIGNED},
    {"delete, sized, aligned",
     [](void *p, std::size_t n, std::size_t a) { ::operator delete(p, n, align(a)); },
     SINGLE_ALIGNED},
    {"delete, aligned, nothrow",
     [](void *p, std::size_t, std::size_t a) { ::operator delete(p, align(a), std::nothrow); },
     SINGLE_ALIGNED},
    {"delete[], aligned",
     [](void *p, std::size_t, std::size_t a) { ::operator delete[](p, align(a)); }, ARRAY_ALIGNED},
    {"delete[], sized, aligned",
     [](void *p, std::size_t n, std::size_t a) { ::operator delete[](p, n, align(a)); },
     ARRAY_ALIGNED},
    {"delete[], aligned, nothrow",
     [](void *p, std::size_t, std::size_t a) { ::operator delete[](p, align(a), std::nothrow); },
     ARRAY_ALIGNED},
    {nullptr, nullptr, 0},
};

static const forms operator_forms = {news, deletes};
#endif

void list_ways(struct way *list) {
#ifdef WITH_MI
    *list++ = way_of("mi names", BY_MI, &mi_forms);
#endif
#ifdef WITH_OPERATORS
    *list++ = expected_server() == BY_LIBC
                  ? way_of("operators", BY_LIBC, &operator_forms)
                  : way_of("the system's operators", BY_SYSTEM, &operator_forms);
#endif
    *list = way_of(nullptr, 0, nullptr);
}
