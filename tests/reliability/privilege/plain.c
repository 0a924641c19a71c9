/* SPDX-License-Identifier: MIT */
/* For unprivileged.sh: one option has the value of the environment. */
#include "case.h"

int main(void) {
    begin();
    long (*option_get)(int) = (long (*)(int))(uintptr_t)dlsym(RTLD_DEFAULT, "mi_option_get");
    CHECK(option_get != NULL);
    for (int i = 0; i < 20; i++)
        if (option_get(i) == 77)
            return 0;
    FAIL("no option has the value of the environment");
}
