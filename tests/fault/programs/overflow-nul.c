/* SPDX-License-Identifier: MIT */
/* A string's last byte, 0, has no room. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take_between(size);
    memset(p, 'x', size);
    if (is_faulty) {
        p[size] = '\0';
    }
    free(p);
}
