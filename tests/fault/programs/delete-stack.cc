/* SPDX-License-Identifier: MIT */
/* An array on the stack is deleted. */
#include "fault.h"

static void fault(size_t size) {
    alignas(16) char local[64];
    char *p = hide(local);
    say("P", p);
    ::operator delete(is_faulty ? p : hide(static_cast<volatile char *>(::operator new(size))));
}
