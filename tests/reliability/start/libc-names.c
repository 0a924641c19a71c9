/* SPDX-License-Identifier: MIT */
/* A program calls the C library's internal names, and gives what it got to free and realloc:
   nothing breaks, whoever serves them. */
#include "case.h"

#ifdef __GLIBC__
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

int main(void) {
    begin();
    if (is_checking())
        SKIP("this variant ends programs that do so (G1)");
    for (size_t size = 1; size < 300000; size = size * 2 + 1) {
        void *p = __libc_malloc(size);
        void *q = __libc_calloc(1, size);
        void *r = __libc_memalign(64, size);
        CHECK(p != NULL && q != NULL && r != NULL);
        memset(p, 1, size);
        memset(q, 1, size);
        memset(r, 1, size);
        errno = 0;
        p = realloc(p, 2 * size);
        q = realloc(q, size / 2 + 1);
        r = realloc(r, 2 * size);
        CHECK(errno == 0); /* nothing went wrong */
        CHECK(p != NULL && q != NULL && r != NULL);
        CHECK(((char *)p)[size - 1] == 1 && ((char *)q)[size / 2] == 1);
        CHECK(((char *)r)[size - 1] == 1);
        free(p);
        free(q);
        free(r);
    }
    use_every_size(20);
    return 0;
}
#else
int main(void) {
    SKIP("this C library has no such names");
}
#endif
