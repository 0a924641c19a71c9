/* SPDX-License-Identifier: MIT */
/* A block of operator new is deleted as a longer one. */
#include "fault.h"

static void fault(size_t size) {
    void *p = take_by_new(size);
    ::operator delete(p, is_faulty ? size + 64 : size);
}
