/* SPDX-License-Identifier: MIT */
/* A block of operator new is reallocated. */
#include "fault.h"

static void fault(size_t size) {
    void *p = take_by_new(size);
    if (is_faulty) {
        free(realloc(p, 2 * size));
    } else {
        ::operator delete(p);
    }
}
