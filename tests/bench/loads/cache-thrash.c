/* SPDX-License-Identifier: MIT */
/* cache-thrash [threads [iterations [size [writes]]]]: active false sharing.  Each thread allocates
   a small block, writes to it and frees it, again and again; an allocator that serves several
   threads from one cache line makes them wait for one another. */
#include "load.h"

enum { THREADS, ITERATIONS, SIZE, WRITES, OPTION_COUNT };
static struct load_option options[] = {
    {"threads", 2}, {"iterations", 1000}, {"size", 1}, {"writes", 700000}};

static void *work(void *argument) {
    (void)argument;
    size_t size = (size_t)options[SIZE].value;
    for (unsigned long long i = options[ITERATIONS].value; i > 0; i--) {
        volatile unsigned char *block = load_malloc(size);
        memset((void *)block, 0, size);
        unsigned long long writes = options[WRITES].value;
        for (unsigned long long j = 0; j < writes; j++) {
            for (size_t k = 0; k < size; k++) {
                block[k]++;
            }
        }
        if (block[0] != (unsigned char)writes) {
            load_fail("a block was written to by somebody else");
        }
        free((void *)block);
    }
    return NULL;
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "cache-thrash", options, OPTION_COUNT);
    size_t count = (size_t)options[THREADS].value;
    if (count == 0 || options[SIZE].value == 0) {
        load_usage(options, OPTION_COUNT);
    }
    load_run(count, work, NULL, 0);
    return 0;
}
