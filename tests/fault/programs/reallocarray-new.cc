/* SPDX-License-Identifier: MIT */
/* A block of operator new is reallocated. */
#include "fault.h"

/* By another name: the C library may declare it, or not have it. */
extern "C" void *resized(void *p, size_t count, size_t size) __asm__("reallocarray")
    __attribute__((weak));

static void fault(size_t size) {
    void *p = take_by_new(size);
    if (resized == NULL) {
        _exit(6);
    }
    if (is_faulty) {
        free(resized(p, size, 2));
    } else {
        ::operator delete(p);
    }
}
