/* SPDX-License-Identifier: MIT */
/* Work for the compilers: loops to unroll and to vectorise, a switch, inlining. */
#include <stddef.h>
#include <stdint.h>

enum { EDGE = 64 };

static double at(const double *grid, int x, int y) {
    return grid[((y + EDGE) % EDGE) * EDGE + (x + EDGE) % EDGE];
}

void stencil_step(double *restrict to, const double *restrict from) {
    for (int y = 0; y < EDGE; y++) {
        for (int x = 0; x < EDGE; x++) {
            to[y * EDGE + x] = (at(from, x - 1, y) + at(from, x + 1, y) + at(from, x, y - 1) +
                                at(from, x, y + 1) + 4 * at(from, x, y)) /
                               8;
        }
    }
}

uint64_t stencil_hash(const unsigned char *data, size_t size) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < size; i++) {
        switch (data[i] & 7) {
        case 0:
            hash ^= data[i];
            break;
        case 1:
            hash += hash << 7;
            break;
        case 2:
            hash *= 1099511628211u;
            break;
        case 3:
            hash = hash >> 33 ^ hash;
            break;
        case 4:
            hash -= data[i] * 31u;
            break;
        case 5:
            hash = ~hash;
            break;
        default:
            hash = hash << 9 | hash >> 55;
            break;
        }
    }
    return hash;
}
