/* SPDX-License-Identifier: MIT */
/* Allocation from .preinit_array, from a constructor of high priority, with the environment taken
   away and put back in between. */
#include "case.h"

extern char **environ;
static char *early[3];

static void preinit(int argc, char **argv, char **environment) {
    (void)argc;
    (void)argv;
    char **saved = environ;
    free(NULL);
    environ = NULL;
    early[0] = malloc(1000);
    environ = saved != NULL ? saved : environment;
    early[1] = aligned_alloc(4096, 8192);
}
__attribute__((section(".preinit_array"), used)) static void (*entry)(int, char **,
                                                                      char **) = preinit;

__attribute__((constructor(101))) static void first(void) {
    free(early[0]);
    early[0] = calloc(3, 3000);
    early[2] = strdup("a copy");
    setenv("CASE_OF_PREINIT", early[2], 1);
}

int main(void) {
    begin();
    for (size_t i = 0; i < COUNT_OF(early); i++)
        CHECK(early[i] != NULL);
    CHECK((uintptr_t)early[1] % 4096 == 0);
    CHECK(early[0][8999] == 0);
    CHECK(strcmp(getenv("CASE_OF_PREINIT"), "a copy") == 0);
    for (size_t i = 0; i < COUNT_OF(early); i++)
        free(early[i]);
    use_every_size(16);
    return 0;
}
