/* SPDX-License-Identifier: MIT */
/* A block of malloc is deleted. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size);
    if (is_faulty) {
        ::operator delete(p);
    } else {
        free(p);
    }
}
