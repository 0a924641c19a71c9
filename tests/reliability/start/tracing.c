/* SPDX-License-Identifier: MIT */
/* What older programs call of the C library's own tools for malloc: harmless, and malloc goes on.
 */
#include "case.h"
#ifdef __GLIBC__
#include <mcheck.h>

int main(void) {
    begin();
    mtrace();
    use_every_size(16);
    muntrace();
    (void)mallopt(M_MMAP_THRESHOLD, 65536);
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(4711, 1);
    struct mallinfo2 info = mallinfo2();
    CHECK(info.uordblks < GIB);
    (void)malloc_trim(0);
    use_every_size(20);
    return 0;
}
#else
int main(void) {
    SKIP("this C library has no such tools");
}
#endif
