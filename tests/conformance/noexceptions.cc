/* SPDX-License-Identifier: MIT */
/* Compiled with -fno-exceptions: what becomes of the operators in such a part of a program. */
#include "noexceptions.h"

#include <new>

#ifdef __EXCEPTIONS
#error "compile this file with -fno-exceptions"
#endif

void *new_in_such_a_part(std::size_t size) {
    return ::operator new(size);
}

void *new_nothrow_in_such_a_part(std::size_t size) {
    return ::operator new(size, std::nothrow);
}

void delete_in_such_a_part(void *p) {
    ::operator delete(p);
}
