/* SPDX-License-Identifier: MIT */
/* What start.sh and others start again and again: a small program that says whether it worked. */
#include "case.h"

int main(int argc, char **argv) {
    begin();
    use_every_size(18);
    if (argc > 1 && strcmp(argv[1], "resident") == 0)
        printf("%zu\n", resident() / KIB);
    else
        puts("worked");
    return 0;
}
