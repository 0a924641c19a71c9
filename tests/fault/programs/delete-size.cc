/* SPDX-License-Identifier: MIT */
/* A block of operator new is deleted as a longer one. */
#include "fault.h"
#include <new>

static void fault(size_t size) {
    void *p = hide(static_cast<volatile char *>(::operator new(size)));
    say("P", p);
    ::operator delete(p, is_faulty ? size + 64 : size);
}
