/* SPDX-License-Identifier: MIT */
/* mimalloc-new-delete.h: each operator calls the function that is its own, once, with what it was
   given.  The functions are macros here that count and then call themselves. */
#include "cxx.h"

#include <new>
#include <string>
#include <vector>

namespace {

enum function {
    NEW,
    NEW_NOTHROW,
    NEW_ALIGNED,
    NEW_ALIGNED_NOTHROW,
    FREE,
    FREE_SIZE,
    FREE_ALIGNED,
    FREE_SIZE_ALIGNED,
    FUNCTION_COUNT
};

unsigned long calls[FUNCTION_COUNT];
size_t last_size, last_alignment;

void count(function called, size_t size, size_t alignment) {
    calls[called]++;
    last_size = size;
    last_alignment = alignment;
}

} // namespace

#define mi_new(size) (count(NEW, size, 0), mi_new(size))
#define mi_new_nothrow(size) (count(NEW_NOTHROW, size, 0), mi_new_nothrow(size))
#define mi_new_aligned(size, alignment)                                                            \
    (count(NEW_ALIGNED, size, alignment), mi_new_aligned(size, alignment))
#define mi_new_aligned_nothrow(size, alignment)                                                    \
    (count(NEW_ALIGNED_NOTHROW, size, alignment), mi_new_aligned_nothrow(size, alignment))
#define mi_free(p) (count(FREE, 0, 0), mi_free(p))
#define mi_free_size(p, size) (count(FREE_SIZE, size, 0), mi_free_size(p, size))
#define mi_free_aligned(p, alignment)                                                              \
    (count(FREE_ALIGNED, 0, alignment), mi_free_aligned(p, alignment))
#define mi_free_size_aligned(p, size, alignment)                                                   \
    (count(FREE_SIZE_ALIGNED, size, alignment), mi_free_size_aligned(p, size, alignment))

#include <mimalloc-new-delete.h>

namespace {

void forget() {
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        calls[i] = 0;
    }
    last_size = last_alignment = 0;
}

/* Was one function called, once, and no other? */
bool only(function expected, size_t size, size_t alignment) {
    bool good = last_size == size && last_alignment == alignment;
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        good = good && calls[i] == (i == expected ? 1UL : 0UL);
    }
    forget();
    return good;
}

#define CHECK_NEW(expression, function, alignment)                                                 \
    forget();                                                                                      \
    p = expression;                                                                                \
    CHECK(only(function, size, alignment));                                                        \
    CHECK(served(p) && reinterpret_cast<size_t>(p) % 16 == 0 && mi_usable_size(p) >= size);        \
    CHECK(alignment == 0 || reinterpret_cast<size_t>(p) % 128 == 0)

#define CHECK_DELETE(expression, function, size, alignment)                                        \
    expression;                                                                                    \
    CHECK(only(function, size, alignment))

void check_operators(size_t size) {
    void *p;
    CHECK_NEW(::operator new(size), NEW, 0);
    CHECK_DELETE(::operator delete(p), FREE, 0, 0);
    CHECK_NEW(::operator new[](size), NEW, 0);
    CHECK_DELETE(::operator delete[](p), FREE, 0, 0);
    CHECK_NEW(::operator new(size, std::nothrow), NEW_NOTHROW, 0);
    CHECK_DELETE(::operator delete(p, std::nothrow), FREE, 0, 0);
    CHECK_NEW(::operator new[](size, std::nothrow), NEW_NOTHROW, 0);
    CHECK_DELETE(::operator delete[](p, std::nothrow), FREE, 0, 0);
#if __cplusplus >= 201402L
    CHECK_NEW(::operator new(size), NEW, 0);
    CHECK_DELETE(::operator delete(p, size), FREE_SIZE, size, 0);
    CHECK_NEW(::operator new[](size), NEW, 0);
    CHECK_DELETE(::operator delete[](p, size), FREE_SIZE, size, 0);
#endif
#ifdef __cpp_aligned_new
    const std::align_val_t on_128 = std::align_val_t(128);
    CHECK_NEW(::operator new(size, on_128), NEW_ALIGNED, 128);
    CHECK_DELETE(::operator delete(p, on_128), FREE_ALIGNED, 0, 128);
    CHECK_NEW(::operator new[](size, on_128), NEW_ALIGNED, 128);
    CHECK_DELETE(::operator delete[](p, on_128), FREE_ALIGNED, 0, 128);
    CHECK_NEW(::operator new(size, on_128, std::nothrow), NEW_ALIGNED_NOTHROW, 128);
    CHECK_DELETE(::operator delete(p, on_128, std::nothrow), FREE_ALIGNED, 0, 128);
    CHECK_NEW(::operator new[](size, on_128, std::nothrow), NEW_ALIGNED_NOTHROW, 128);
    CHECK_DELETE(::operator delete[](p, on_128, std::nothrow), FREE_ALIGNED, 0, 128);
    CHECK_NEW(::operator new(size, on_128), NEW_ALIGNED, 128);
    CHECK_DELETE(::operator delete(p, size, on_128), FREE_SIZE_ALIGNED, size, 128);
    CHECK_NEW(::operator new[](size, on_128), NEW_ALIGNED, 128);
    CHECK_DELETE(::operator delete[](p, size, on_128), FREE_SIZE_ALIGNED, size, 128);
#endif
}

struct derived {
    virtual ~derived() {
    }
    char bytes[100];
};

/* Through expressions, and from the code of the C++ library. */
void check_expressions() {
    forget();
    {
        derived *object = new derived;
        derived *objects = new derived[3];
        CHECK(served(object) && mi_is_in_heap_region(objects));
        delete object;
        delete[] objects;
        std::vector<std::string> words(100, std::string(hide(100), 'x'));
        CHECK(served(&words[0]) && served(words[99].data()));
    }
    CHECK(calls[NEW] >= 100 + 4 && calls[NEW] == calls[FREE] + calls[FREE_SIZE]);
}

#if CAN_FAIL
void check_failure() {
    /* With 32 bits a block of almost PTRDIFF_MAX bytes may be had. */
    const crowd others;
    const size_t too_large = static_cast<size_t>(-1) / 2 + (sizeof(size_t) > 4 ? -4096 : 4096);
    bool caught = false;
    try {
        ::operator delete(::operator new(hide(too_large)));
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught);
    CHECK(::operator new(hide(too_large), std::nothrow) == NULL);
#ifdef __cpp_aligned_new
    caught = false;
    try {
        ::operator delete(::operator new(hide(too_large), std::align_val_t(64)));
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught);
    CHECK(::operator new(hide(too_large), std::align_val_t(64), std::nothrow) == NULL);
#endif
}
#endif

} // namespace

int main() {
    const size_t sizes[] = {0, 1, 16, 100, 5000, 100000, 3000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_operators(hide(sizes[i]));
    }
    check_expressions();
#if CAN_FAIL
    check_failure();
#endif
    return failures == 0 ? 0 : 1;
}
