/* SPDX-License-Identifier: MIT */
/* A block of malloc is deleted as an array. */
#include "fault.h"

static void fault(size_t size) {
    void *p = take(size);
    if (is_faulty) {
        ::operator delete[](p);
    } else {
        free(p);
    }
}
