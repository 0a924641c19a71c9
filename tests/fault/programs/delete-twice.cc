/* SPDX-License-Identifier: MIT */
/* An array is deleted twice. */
#include "fault.h"

static void fault(size_t size) {
    char *p = hide(new char[size]);
    say("P", p);
    delete[] p;
    if (is_faulty) {
        delete[] p;
    }
}
