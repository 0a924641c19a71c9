/* SPDX-License-Identifier: MIT */
/* A block of operator new[] is freed. */
#include "fault.h"

static void fault(size_t size) {
    void *p = hide(static_cast<volatile char *>(::operator new[](size)));
    say("P", p);
    if (is_faulty) {
        free(p);
    } else {
        ::operator delete[](p);
    }
}
