/* SPDX-License-Identifier: MIT */
/* A freed block is read. */
#include "fault.h"

static void fault(size_t size) {
    char *p = take(size);
    memset(p, 'A', size);
    free(p);
    if (is_faulty) {
        bool is_zero = true;
        for (size_t i = 0; i < size; i++) {
            is_zero = is_zero && hide(p)[i] == 0;
        }
        holds(is_zero);
    }
}
