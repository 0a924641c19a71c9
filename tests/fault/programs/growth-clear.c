/* SPDX-License-Identifier: MIT */
/* What a block gains in place is zero: it shows nothing of what guarded its end. */
#include "fault.h"

static bool is_zero = true;

static char *grow(char *p, size_t from, size_t to) {
    p = hide(realloc(p, to));
    for (size_t i = from; i < to; i++) {
        is_zero = is_zero && p[i] == 0;
    }
    return p;
}

static void fault(size_t size) {
    size_t room = size <= 8 ? 15 : size + 500;
    char *p = take(size);
    p = grow(p, size, size + 6);
    p = grow(p, size + 6, room - 4);
    p = grow(p, room - 4, room);
    p = hide(realloc(p, size - 1));
    p = grow(p, size - 1, room - 2);
    free(p);
    holds(is_zero);
}
