/* SPDX-License-Identifier: MIT */
/* A block of operator new is freed by a function of C that knows its size. */
#include "fault.h"

/* By another name: the C library may declare it. */
extern "C" void sized(void *p, size_t size) __asm__("free_sized") __attribute__((weak));

static void fault(size_t size) {
    void *p = take_by_new(size);
    if (sized == NULL) {
        _exit(6);
    }
    if (is_faulty) {
        sized(p, size);
    } else {
        ::operator delete(p);
    }
}
