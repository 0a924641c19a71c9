/* SPDX-License-Identifier: MIT */
/* A program linked with the override library: are malloc and its kin, strdup's included, served by
   the library whose file name is given? */
#include "foreign.c"

#include <mimalloc.h>

/* Called from main of foreign.c: blocks of malloc are blocks of the library's. */
int served_by_our_names(void *block);

int served_by_our_names(void *block) {
    return mi_is_in_heap_region(block) && mi_usable_size(block) > 0 && mi_is_redirected();
}
