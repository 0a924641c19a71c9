/* SPDX-License-Identifier: MIT */
/* Floor 0: arithmetic on sizes and words.  Pure functions; any thread. */
#ifndef MIP_BITS_H
#define MIP_BITS_H

#include "compiler.h"

#define MIP_KIB ((size_t)1 << 10)
#define MIP_MIB ((size_t)1 << 20)
#define MIP_GIB ((size_t)1 << 30)
#define MIP_WORD_BITS ((unsigned)(sizeof(size_t) * 8))

MIP_INLINE bool mip_is_power_of_two(size_t x) {
    return x != 0 && (x & (x - 1)) == 0;
}

/* Smallest multiple of the power of two `alignment` that is >= x; wraps to 0 above the last. */
MIP_INLINE size_t mip_round_up(size_t x, size_t alignment) {
    return (x + (alignment - 1)) & ~(alignment - 1);
}

MIP_INLINE size_t mip_round_down(size_t x, size_t alignment) {
    return x & ~(alignment - 1);
}

/* ceil(x / divisor), without overflow. */
MIP_INLINE size_t mip_divide_up(size_t x, size_t divisor) {
    return x / divisor + (x % divisor != 0);
}

/* Index of the lowest / highest set bit; x must not be 0. */
MIP_INLINE unsigned mip_lowest_bit(size_t x) {
    return (unsigned)__builtin_ctzl(x);
}

MIP_INLINE unsigned mip_highest_bit(size_t x) {
    return MIP_WORD_BITS - 1 - (unsigned)__builtin_clzl(x);
}

MIP_INLINE unsigned mip_bit_count(size_t x) {
    return (unsigned)__builtin_popcountl(x);
}

/* count * size into *total; true when it does not fit. */
MIP_INLINE bool mip_multiply_overflows(size_t count, size_t size, size_t *total) {
    return __builtin_mul_overflow(count, size, total);
}

/* count * size, or a size that no allocation can serve, so that overflow needs no path of its
   own: the core answers NULL and ENOMEM. */
MIP_INLINE size_t mip_total_of(size_t count, size_t size) {
    size_t total;
    return MIP_UNLIKELY(mip_multiply_overflows(count, size, &total)) ? SIZE_MAX : total;
}

MIP_INLINE bool mip_add_overflows(size_t a, size_t b, size_t *sum) {
    return __builtin_add_overflow(a, b, sum);
}

MIP_INLINE size_t mip_min(size_t a, size_t b) {
    return a < b ? a : b;
}

MIP_INLINE size_t mip_max(size_t a, size_t b) {
    return a > b ? a : b;
}

_Static_assert(sizeof(size_t) == sizeof(long), "the bit builtins above take long");
_Static_assert(sizeof(size_t) == sizeof(void *), "sizes and addresses share one word");

#endif
