/* SPDX-License-Identifier: MIT */
/* Loaded after the allocator, so started before it and ended after it: allocates in both moments.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *held[20];

static void use(void) {
    for (size_t i = 0; i < 20; i++) {
        free(held[i]);
        held[i] = malloc(i * i * i * 100 + 1);
        if (held[i] == NULL)
            _exit(9);
        memset(held[i], 1, i * i * i * 100 + 1);
    }
}

__attribute__((constructor)) static void begin(void) {
    use();
}

__attribute__((destructor)) static void end(void) {
    use();
    use();
}
