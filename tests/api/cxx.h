/* SPDX-License-Identifier: MIT */
/* What the programs in C++ share.  They use no test library, so that they can be compiled for every
   standard, and with and without exceptions; they say on stdout what failed. */
#ifndef TESTS_API_CXX_H
#define TESTS_API_CXX_H

#include <mimalloc.h>

#include <stdio.h>

#include "../sanitized.h"

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition) && failures++ < 20) {                                                     \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            fflush(stdout);                                                                        \
        }                                                                                          \
    } while (0)

/* Is the block ours? */
static inline bool served(const void *p) {
    return p != NULL && mi_is_in_heap_region(p);
}

/* Not seen through by the compiler. */
static volatile size_t hidden_zero;
static inline size_t hide(size_t size) {
    return size + hidden_zero;
}

/* A sanitizer's own operators end the process when there is no memory, so that no test may ask for
   what cannot be. */
#if defined(__EXCEPTIONS) && !IS_SANITIZED
#define CAN_FAIL 1
#else
#define CAN_FAIL 0
#endif

#if CAN_FAIL
/* While one lives, no block of half the address space can be had, on 32-bit systems either. */
struct crowd {
    void *blocks[16];
    crowd() {
        for (int i = 0; i < 16; i++) {
            blocks[i] = sizeof(void *) < 8 ? mi_malloc(static_cast<size_t>(256) << 20) : NULL;
        }
    }
    ~crowd() {
        for (int i = 0; i < 16; i++) {
            mi_free(blocks[i]);
        }
    }
};
#endif

#endif
