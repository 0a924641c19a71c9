/* SPDX-License-Identifier: MIT */
/* Every function that the headers declare is in the library: each address is taken.  Built with the
   plain library here; tests/interface/addresses.sh links it in every way, for both versions of the
   interface. */
#include <mimalloc-stats.h>
#include <mimalloc.h>

#include <stdint.h>
#include <stdio.h>

static const struct {
    const char *name;
    void (*function)(void);
} functions[] = {
#define NAME(name) {#name, (void (*)(void))(uintptr_t)name},
#include "names.h"
};

int main(void) {
    size_t count = sizeof(functions) / sizeof(functions[0]);
    for (size_t i = 0; i < count; i++) {
        if (functions[i].function == NULL) {
            printf("%s is NULL\n", functions[i].name);
            return 1;
        }
    }
    return 0;
}
