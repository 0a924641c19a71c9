/* SPDX-License-Identifier: MIT */
/* What start.sh and others start again and again: a small program that says whether it worked.
   With "no-descriptors" it can open nothing while it allocates; with "resident" it says how much
   is. */
#include "case.h"

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "no-descriptors") == 0) {
        struct rlimit none = {0, 0};
        CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0 && open("/", O_RDONLY) < 0);
    }
    begin();
    use_every_size(18);
    if (argc > 1 && strcmp(argv[1], "resident") == 0)
        printf("%zu\n", resident() / KIB);
    else
        puts("worked");
    return 0;
}
