/* SPDX-License-Identifier: MIT */
/* An address in the middle of an object is deleted. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(static_cast<volatile char *>(::operator new(size))), *q = p + size / 2;
    say("P", q);
    ::operator delete(is_faulty ? hide(q) : p);
}
