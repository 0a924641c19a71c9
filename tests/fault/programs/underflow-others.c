/* SPDX-License-Identifier: MIT */
/* The byte before the block is changed; then the blocks around it are freed, not the block itself.
 */
#include "fault.h"

static void fault(size_t size) {
    char *p = take_between(size);
    if (is_faulty) {
        p[-1] ^= 'A';
    }
    for (int i = 0; i < MANY; i++) {
        if (taken.block[i] != p) {
            free(taken.block[i]);
        }
    }
}
