/* SPDX-License-Identifier: MIT */
/* build: -Wl,-z,now */
/* A resolver of the program's own indirect function allocates: it runs while the loader relocates
   the program, before any constructor. */
#include "case.h"

#if defined(__GLIBC__) && defined(__ELF__)
static void *early[6];

static int answer(void) {
    return 42;
}

static int (*resolve(void))(void) {
    early[0] = malloc(100);
    early[1] = calloc(10, 10);
    early[2] = realloc(malloc(10), 5000);
    early[3] = malloc(3000000);
    early[4] = aligned_alloc(256, 512);
    if (posix_memalign(&early[5], 4096, 100) != 0)
        early[5] = NULL;
    free(malloc(20));
    return answer;
}

int chosen(void) __attribute__((ifunc("resolve")));

int main(void) {
    begin();
    CHECK(chosen() == 42);
    for (size_t i = 0; i < COUNT_OF(early); i++)
        CHECK(early[i] != NULL);
    memset(early[3], 1, 3000000);
    CHECK(((char *)early[1])[99] == 0);
    CHECK((uintptr_t)early[4] % 256 == 0 && (uintptr_t)early[5] % 4096 == 0);
    for (size_t i = 0; i < COUNT_OF(early); i++)
        free(early[i]);
    use_every_size(16);
    return 0;
}
#else
int main(void) {
    SKIP("this C library has no indirect functions");
}
#endif
