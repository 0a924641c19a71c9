#!/bin/sh
# SPDX-License-Identifier: MIT
# gcc FUNCTIONS: the compiler proper at -O2 on a generated C file of so many functions.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

do_prepare() {
    need gcc gcc
    awk -v functions="$1" '
    function random(limit) { r = (r * 16807) % 2147483647; return r % limit }
    BEGIN {
        r = 17
        print "struct item { int key; double weight; struct item *next; unsigned char name[24]; };"
        print "extern int table[4096];\nextern void note(const char *, int);"
        for (i = 0; i < functions; i++) {
            printf "\nint function%d(struct item *list, int n, unsigned mask) {\n", i
            printf "    int sum = %d;\n    double weight = 0.%d;\n", random(100), 1 + random(9)
            printf "    for (struct item *item = list; item; item = item->next) {\n"
            printf "        if (item->key > %d) sum += table[(item->key * %d) & 4095] ^ n;\n", \
                random(1000), random(1000)
            printf "        else weight += item->weight * %d;\n    }\n", random(50)
            printf "    if (weight > %d.5) note(\"step %d\", sum / %d);\n", \
                random(100), i, 1 + random(9)
            if (i % 10 == 9)
                printf "    if (n > %d) sum += function%d(list, n / 2, mask ^ %du);\n", \
                    10 + random(90), random(i), random(65536)
            print "    return sum + (int)weight + (int)mask;\n}"
        }
    }' >"$DIR/functions.c"
    # the compiler proper, which is no program of the PATH
    gcc -print-prog-name=cc1 >"$DIR/cc1"
}

do_command() {
    arguments "$(cat "$DIR/cc1")" -quiet -O2 -o "$DIR/functions.s" "$DIR/functions.c"
}

do_check() {
    grep -q function0: "$DIR/functions.s" || fail "no assembly"
    mv "$DIR/functions.s" "$DIR/output"
    same_output
}

verb "$@"
