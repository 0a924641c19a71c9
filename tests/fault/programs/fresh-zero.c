/* SPDX-License-Identifier: MIT */
/* New memory is zero, whatever was there before. */
#include "fault.h"

static void fault(size_t size) {
    static char *blocks[512];
    bool is_zero = true;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 512; i++) {
            blocks[i] = hide(malloc(size));
            for (size_t j = 0; j < size; j++) {
                is_zero = is_zero && blocks[i][j] == 0;
            }
            memset(blocks[i], 'A', size);
        }
        for (int i = 0; i < 512; i++) {
            free(blocks[i]);
        }
    }
    holds(is_zero);
}
