/* SPDX-License-Identifier: MIT */
/* Another thread frees many blocks, the first one again at the end. */
#include "fault.h"

enum { COUNT = 100 };
static char *blocks[COUNT];

static void *other(void *p) {
    for (int i = 0; i < COUNT; i++) {
        free(blocks[i]);
    }
    if (is_faulty) {
        free(hide(blocks[0]));
    }
    return p;
}

static void fault(size_t size) {
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = i == 0 ? take(size) : hide(malloc(size));
    }
    in_thread(other, NULL);
}
