/* SPDX-License-Identifier: MIT */
/* glibc-simple [operations [largest]]: one thread; blocks of one size are all allocated and then
   all freed, 25, 100, 400 and 1600 at a time, for sizes of 16 bytes to `largest`, each about as
   often. */
#include "load.h"

enum { OPERATIONS, LARGEST, OPTION_COUNT };
static struct load_option options[] = {{"operations", 80000000}, {"largest", 64}};

enum { AT_ONCE_MAX = 1600 };

static void repeat(void **blocks, size_t at_once, size_t size, unsigned long long times) {
    while (times-- > 0) {
        for (size_t i = 0; i < at_once; i++) {
            blocks[i] = load_malloc(size);
        }
        for (size_t i = 0; i < at_once; i++) {
            free(blocks[i]);
        }
    }
}

int main(int argc, char **argv) {
    static const size_t steps[] = {25, 100, 400, AT_ONCE_MAX};
    static void *blocks[AT_ONCE_MAX];
    load_arguments(argc, argv, "glibc-simple", options, OPTION_COUNT);
    size_t size_count = 0;
    for (size_t size = 16; size <= options[LARGEST].value; size *= 2) {
        size_count++;
    }
    for (size_t size = 16; size <= options[LARGEST].value; size *= 2) {
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            repeat(blocks, steps[i], size,
                   options[OPERATIONS].value / (size_count * sizeof steps / sizeof steps[0]) /
                       steps[i]);
        }
    }
    return 0;
}
