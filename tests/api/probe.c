/* SPDX-License-Identifier: MIT */
/* A program for environment.sh: prints options by number, and a word at the end. */
#include <mimalloc.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        printf("%ld\n", mi_option_get((mi_option_t)atoi(argv[i])));
    }
    void *p = mi_malloc(1000);
    puts(p != NULL ? "done" : "no memory");
    mi_free(p);
    return 0;
}
