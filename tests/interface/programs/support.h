/* SPDX-License-Identifier: MIT */
/* What these programs share.  They include the library's headers by themselves, or none of them. */
#ifndef TESTS_INTERFACE_SUPPORT_H
#define TESTS_INTERFACE_SUPPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int failures;

/* In any thread: the number is only looked at when they have ended. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition) && __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED) <= 20) {            \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            fflush(stdout);                                                                        \
        }                                                                                          \
    } while (0)

/* Numbers that are the same in each run. */
static inline uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

static inline int is_aligned(const void *p, size_t alignment) {
    return (uintptr_t)p % alignment == 0;
}

/* Are all bytes `byte`? */
static inline int is_all(const void *p, size_t size, int byte) {
    const unsigned char *bytes = (const unsigned char *)p;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != (unsigned char)byte) {
            return 0;
        }
    }
    return 1;
}

#endif
