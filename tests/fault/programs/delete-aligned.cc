/* SPDX-License-Identifier: MIT */
/* A block of the aligned operator new is deleted with another alignment. */
#include "fault.h"
#include <new>

static void fault(size_t size) {
    void *p = hide(static_cast<volatile char *>(::operator new(size, std::align_val_t(64))));
    say("P", p);
    ::operator delete(p, std::align_val_t(is_faulty ? 32 : 64));
}
