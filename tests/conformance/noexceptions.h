/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CONFORMANCE_NOEXCEPTIONS_H
#define TESTS_CONFORMANCE_NOEXCEPTIONS_H

#include <cstddef>

void *new_in_such_a_part(std::size_t size) noexcept;
void *new_nothrow_in_such_a_part(std::size_t size);
void delete_in_such_a_part(void *p);

#endif
