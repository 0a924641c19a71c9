/* SPDX-License-Identifier: MIT */
/* A program that calls what libc keeps in one object with malloc: when it is linked statically, the
   override object must define all of it, or the linker meets a second malloc. */
#include <malloc.h>
#include <mimalloc.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    void *volatile block = malloc(100);
    if (block == NULL || !mi_is_in_heap_region(block))
        return 1;
    malloc_trim(0);
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
    if (mallinfo2().uordblks == 0)
        return 2;
    FILE *sink = fopen("/dev/null", "w");
    if (sink == NULL || malloc_info(0, sink) != 0)
        return 3;
    fclose(sink);
    if (malloc_usable_size(block) < 100)
        return 4;
    free(block);
    void *volatile page = pvalloc(1);
    free(page);
    page = memalign(256, 10);
    free(page);
    page = reallocarray(NULL, 3, 5);
    free(page);
    puts("override");
    return 0;
}
