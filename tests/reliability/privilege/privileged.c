/* SPDX-License-Identifier: MIT */
/* Runs with privileges that its caller has not, for secure.sh; the option that the environment sets
   must stand at its default. */
#include "case.h"
#include <sys/auxv.h>

int main(void) {
    if (getauxval(AT_SECURE) == 0)
        SKIP("the file system gives no privileges");
    long (*option_get)(int) = (long (*)(int))(uintptr_t)dlsym(RTLD_DEFAULT, "mi_option_get");
    use_every_size(20);
    /* Of every option, none may have the value that only the environment gives. */
    for (int i = 0; option_get != NULL && i < 20; i++)
        if (option_get(i) == 77)
            FAIL("option %d is taken from the environment", i);
    puts("worked");
    return 0;
}
