/* SPDX-License-Identifier: MIT */
/* An array is deleted as a single object. */
#include "fault.h"

static void fault(size_t size) {
    void *p = hide(static_cast<volatile char *>(::operator new[](size)));
    say("P", p);
    if (is_faulty) {
        ::operator delete(p);
    } else {
        ::operator delete[](p);
    }
}
