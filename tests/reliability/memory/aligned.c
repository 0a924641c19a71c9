/* SPDX-License-Identifier: MIT */
/* Alignments up to 1 GiB and sizes up to the end of the address space: aligned and writable, or
   ENOMEM; what is freed is there again. */
#include "case.h"

int main(void) {
    begin();
    /* The checking variants copy what others resize in place. */
    for (size_t round = 0; round < allowed(20, 3); round++) {
        for (unsigned bit = 4; bit <= 30; bit++) {
            size_t alignment = (size_t)1 << bit;
            for (size_t size = 1; size <= 3 * alignment && size < 2 * GIB;
                 size = size * 7 + alignment / 3) {
                void *p = NULL;
                int error = posix_memalign(&p, alignment, size);
                if (error != 0)
                    FAIL("alignment 2^%u, %zu bytes: error %d", bit, size, error);
                CHECK((uintptr_t)p % alignment == 0);
                CHECK(malloc_usable_size(p) >= size);
                *(char *)p = ((char *)p)[size - 1] = 1;
                if (bit % 3 == 0) {
                    p = realloc(p, size / 2 + 1);
                    CHECK(p != NULL);
                    CHECK(*(char *)p == 1);
                }
                free(p);
            }
        }
    }
    for (unsigned bit = 40; bit < sizeof(size_t) * 8; bit++) {
        void *p = malloc((size_t)1 << bit);
        CHECK(p != NULL || errno == ENOMEM);
        free(p);
        p = memalign((size_t)1 << 21, ((size_t)1 << bit) - 4096);
        CHECK(p != NULL || errno == ENOMEM);
        free(p);
    }
    if (mappings() > 300)
        FAIL("%zu mappings are left", mappings());
    return 0;
}
