/* SPDX-License-Identifier: MIT */
/* A block of operator new is freed by a function of C that knows its size. */
#include "fault.h"

extern "C" void free_sized(void *p, size_t size) __attribute__((weak));

static void fault(size_t size) {
    void *p = hide(static_cast<volatile char *>(::operator new(size)));
    say("P", p);
    if (free_sized == NULL) {
        _exit(6);
    }
    if (is_faulty) {
        free_sized(p, size);
    } else {
        ::operator delete(p);
    }
}
