/* SPDX-License-Identifier: MIT */
/* A block of operator new is freed. */
#include "fault.h"

static void fault(size_t size) {
    void *p = take_by_new(size);
    if (is_faulty) {
        free(p);
    } else {
        ::operator delete(p);
    }
}
