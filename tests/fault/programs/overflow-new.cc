/* SPDX-License-Identifier: MIT */
/* A byte behind the end of an array is changed. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(new char[size]);
    say("P", p);
    if (is_faulty) {
        p[size] ^= 'A';
    }
    delete[] p;
}
