/* SPDX-License-Identifier: MIT */
/* A block of the aligned operator new is deleted as if it were a plain one. */
#include "fault.h"

static void fault(size_t size) {
    const std::align_val_t alignment{64};
    void *p = hide(static_cast<volatile char *>(::operator new(size, alignment)));
    say("P", p);
    if (is_faulty) {
        ::operator delete(p);
    } else {
        ::operator delete(p, alignment);
    }
}
