/* SPDX-License-Identifier: MIT */
/* A block of more than the machine has is refused, where the system says so: who checks for NULL is
   not killed later, when he writes. */
#include "case.h"

int main(void) {
    begin();
    size_t page = (size_t)sysconf(_SC_PAGESIZE), all = (size_t)sysconf(_SC_PHYS_PAGES) * page;
    if (sizeof(void *) < 8)
        SKIP("the addresses are too few");
    size_t size = 8 * all + (size_t)64 * GIB; /* of swap there may be some */
    void *mapping = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping != MAP_FAILED)
        SKIP("the system refuses nothing");
    errno = 0;
    void *p = malloc(size);
    if (p != NULL || errno != ENOMEM)
        FAIL("malloc of %zu GiB gave %p, errno %d", size / GIB, p, errno);
    p = calloc(1, size);
    if (p != NULL)
        FAIL("calloc of %zu GiB gave %p", size / GIB, p);
    char *small = malloc(1 * MIB);
    CHECK(small != NULL);
    small[0] = 1;
    p = realloc(small, size);
    if (p != NULL)
        FAIL("realloc to %zu GiB gave %p", size / GIB, p);
    CHECK(small[0] == 1);
    free(small);
    return 0;
}
