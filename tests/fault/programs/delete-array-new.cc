/* SPDX-License-Identifier: MIT */
/* A single object is deleted as an array. */
#include "fault.h"

static void fault(size_t size) {
    void *p = take_by_new(size);
    if (is_faulty) {
        ::operator delete[](p);
    } else {
        ::operator delete(p);
    }
}
