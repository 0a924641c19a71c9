/* SPDX-License-Identifier: MIT */
/* As little of the C++ runtime as a program can contain: nothing names a new-handler, and no part
   of the library that throws bad_alloc by itself is linked. */
#include "support.h"

#include <new>

int main() {
    /* With 32 bits a block of almost PTRDIFF_MAX bytes may be had. */
    volatile std::size_t size = (std::size_t)-1 / 2 + (sizeof(std::size_t) > 4 ? -4096 : 4096);
    CHECK(::operator new(size, std::nothrow) == nullptr);
    bool caught = false;
    try {
        ::operator delete(::operator new(size));
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught);
    return failures == 0 ? 0 : 1;
}
