/* SPDX-License-Identifier: MIT */
/* The process has as many mappings as the kernel allows: each allocation gives a block or NULL with
   ENOMEM, each free works and leaves errno alone, and when there is room again all is as before. */
#include "case.h"

enum { MOST = 1 << 18, LIVE = 600 };

static void work(uint64_t seed, bool must) {
    static void *live[LIVE];
    for (size_t i = 0; i < 6000; i++) {
        size_t index = (size_t)(next_random(&seed) % LIVE);
        errno = 4711;
        free(live[index]);
        if (errno != 4711)
            FAIL("free leaves errno %d", errno);
        size_t size = random_size(&seed, i % 50 == 0 ? 24 : 16);
        live[index] = malloc(size);
        if (live[index] == NULL && must)
            FAIL("no memory for %zu bytes although there is room", size);
        if (live[index] == NULL && errno != ENOMEM)
            FAIL("NULL with errno %d", errno);
        if (live[index] != NULL)
            memset(live[index], 1, size < 5000 ? size : 5000);
    }
    for (size_t i = 0; i < LIVE; i++) {
        free(live[i]);
        live[i] = NULL;
    }
}

int main(void) {
    static void *taken[MOST];
    begin();
    work(1, true);
    size_t count = 0;
    /* Neighbours of different protection never merge. */
    while (count < MOST) {
        void *p = mmap(NULL, 4096, count % 2 == 0 ? PROT_READ : PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED)
            break;
        taken[count++] = p;
    }
    if (count == MOST)
        SKIP("more than %d mappings are allowed", MOST);
    work(2, false);
    for (size_t i = 0; i < count; i++)
        munmap(taken[i], 4096);
    work(3, true);
    use_every_size(24);
    return 0;
}
