/* SPDX-License-Identifier: MIT */
/* A deleted object is written to, and its place given out again. */
#include "fault.h"

static void fault(size_t size) {
    char *p = static_cast<char *>(take_by_new(size));
    ::operator delete(p);
    if (is_faulty) {
        memset(hide(p), 'A', size);
    }
    for (int i = 0; i < (size > 65536 ? 500 : 100000); i++) {
        ::operator delete(hide(static_cast<volatile char *>(::operator new(size))));
    }
}
