/* SPDX-License-Identifier: MIT */
/* Allocates WINDOW blocks of SIZE bytes and frees them, ITERATIONS times:
     pairs SIZE WINDOW ORDER ITERATIONS [ALIGNMENT]
   ORDER is fifo, lifo or shuffled; with ALIGNMENT the blocks come from posix_memalign.  It is run
   under callgrind with an allocator preloaded; see pairs.sh.  The loops are what is subtracted, so
   they are kept to the fewest instructions: a call, a store or a load, an increment, a test. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_MAX = 65536 };
static void *blocks[WINDOW_MAX];
static void **order[WINDOW_MAX];

#define INLINE static inline __attribute__((always_inline))

INLINE void allocate(size_t window, size_t size, size_t alignment) {
    void **from = blocks;
    void **to = blocks + window;
    do {
        if (alignment == 0) {
            *from = malloc(size);
        } else if (posix_memalign(from, alignment, size) != 0) {
            abort();
        }
    } while (++from != to);
}

INLINE void free_fifo(size_t window) {
    void **from = blocks;
    void **to = blocks + window;
    do {
        free(*from);
    } while (++from != to);
}

INLINE void free_lifo(size_t window) {
    void **from = blocks + window;
    do {
        free(*--from);
    } while (from != blocks);
}

INLINE void free_shuffled(size_t window) {
    void ***from = order;
    void ***to = order + window;
    do {
        free(**from);
    } while (++from != to);
}

/* One loop per order and way, so that the choice between them is not counted. */
#define LOOP(name, free_all, alignment)                                                            \
    __attribute__((noinline)) static void name(size_t size, size_t window, size_t iterations,      \
                                               size_t align) {                                     \
        (void)align;                                                                               \
        do {                                                                                       \
            allocate(window, size, alignment);                                                     \
            free_all(window);                                                                      \
        } while (--iterations != 0);                                                               \
    }

LOOP(loop_fifo, free_fifo, 0)
LOOP(loop_lifo, free_lifo, 0)
LOOP(loop_shuffled, free_shuffled, 0)
LOOP(loop_aligned_fifo, free_fifo, align)
LOOP(loop_aligned_lifo, free_lifo, align)
LOOP(loop_aligned_shuffled, free_shuffled, align)

static void shuffle(size_t window) {
    uint64_t state = 88172645463325252U;
    for (size_t i = 0; i < window; i++) {
        order[i] = &blocks[i];
    }
    for (size_t i = window; i > 1; i--) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        size_t j = (size_t)(state % i);
        void **swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
    }
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: pairs SIZE WINDOW fifo|lifo|shuffled ITERATIONS [ALIGNMENT]\n");
        return 2;
    }
    size_t size = strtoul(argv[1], NULL, 10);
    size_t window = strtoul(argv[2], NULL, 10);
    size_t iterations = strtoul(argv[4], NULL, 10);
    size_t alignment = argc > 5 ? strtoul(argv[5], NULL, 10) : 0;
    if (window == 0 || window > WINDOW_MAX || iterations == 0) {
        fprintf(stderr, "pairs: a window has 1 to %d blocks, once at least\n", WINDOW_MAX);
        return 2;
    }
    static const struct {
        const char *name;
        void (*plain)(size_t, size_t, size_t, size_t);
        void (*aligned)(size_t, size_t, size_t, size_t);
    } orders[] = {
        {"fifo", loop_fifo, loop_aligned_fifo},
        {"lifo", loop_lifo, loop_aligned_lifo},
        {"shuffled", loop_shuffled, loop_aligned_shuffled},
    };
    shuffle(window);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        if (strcmp(argv[3], orders[i].name) == 0) {
            (alignment == 0 ? orders[i].plain : orders[i].aligned)(size, window, iterations,
                                                                   alignment);
            return 0;
        }
    }
    fprintf(stderr, "pairs: no such order: %s\n", argv[3]);
    return 2;
}
