/* SPDX-License-Identifier: MIT */
/* A block of operator new is reallocated. */
#include "fault.h"

static void fault(size_t size) {
    void *p = hide(static_cast<volatile char *>(::operator new(size)));
    say("P", p);
    if (is_faulty) {
        free(reallocarray(p, size, 2));
    } else {
        ::operator delete(p);
    }
}
