/* SPDX-License-Identifier: MIT */
/* Very many blocks of a mebibyte, each touched in one place: they need the memory of what was
   touched and a bounded number of mappings. */
#include "case.h"

int main(void) {
    begin();
    /* A page of memory for each, and one of the kernel's for two. */
    size_t many = machine_has(7 * GIB) ? 1000000 : 200000;
    size_t count = times(8000, allowed(many, 40000)), base = resident();
    void **blocks = own_memory(count * sizeof *blocks);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(MIB);
        if (blocks[i] == NULL)
            FAIL("no addresses after %zu blocks", i);
        ((char *)blocks[i])[700] = 1;
    }
    size_t used = resident() - base, maps = mappings();
    if (used > count * 8192 + 8 * MIB)
        FAIL("%zu KiB resident for %zu blocks", used / KIB, count);
    if (maps > allowed(2000, 38000))
        FAIL("%zu mappings for %zu blocks", maps, count);
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    return 0;
}
