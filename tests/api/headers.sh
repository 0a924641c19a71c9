#!/bin/sh
# SPDX-License-Identifier: MIT
# <mimalloc.h> compiles without a warning in every mode of gcc and clang, names.h lists all it
# declares, and the attributes it gives to functions do their work.
set -eu

: "${top_srcdir:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
header=$top_srcdir/include/mimalloc.h

fail() {
    echo "FAIL: $*"
    failed=1
}

cat >"$work/use.c" <<'END'
#include <mimalloc.h>
int use(void);
int use(void) {
    int *p = mi_malloc_tp(int);
    mi_free(p);
    return p != NULL;
}
END
cp "$work/use.c" "$work/use.cc"

# try COMPILER SOURCE STANDARD...
try() {
    compiler=$1
    source=$2
    shift 2
    command -v "$compiler" >/dev/null || {
        echo "$compiler is missing: not tried"
        return 0
    }
    for standard in "$@"; do
        "$compiler" -std="$standard" -fsyntax-only -xc /dev/null 2>/dev/null ||
            "$compiler" -std="$standard" -fsyntax-only -xc++ /dev/null 2>/dev/null || continue
        for define in NONE MI_API_VERSION=1 MI_API_VERSION=2; do
            "$compiler" -std="$standard" -D"$define" -Wall -Wextra -Wpedantic -Werror \
                -I"$top_srcdir/include" -fsyntax-only "$work/$source" ||
                fail "$compiler -std=$standard -D$define"
        done
    done
}
for compiler in gcc clang; do
    try "$compiler" use.c gnu89 c89 gnu99 c99 gnu11 c11 gnu17 c17 gnu2x c2x
done
for compiler in g++ clang++; do
    try "$compiler" use.cc c++98 gnu++98 c++11 c++14 c++17 c++20 gnu++20 c++2b
done

sed -n 's/^MI_\(EXPORT\|RESULT\) .*[ *]\(mi_[a-z0-9_]*\)(.*/\2/p' "$header" | sort -u >"$work/declared"
sed -n 's/^NAME(\(.*\))$/\1/p' "$top_srcdir/tests/api/names.h" | sort -u >"$work/listed"
if ! diff "$work/declared" "$work/listed"; then
    fail "names.h (>) lists other functions than mimalloc.h (<) declares"
fi

# expect_warning OPTION STATEMENT: gcc must object.
expect_warning() {
    printf '#include <mimalloc.h>\nvoid use(void) { %s }\n' "$2" >"$work/wrong.c"
    if gcc -O1 -I"$top_srcdir/include" -Werror="$1" -c -o "$work/wrong.o" "$work/wrong.c" \
        2>/dev/null; then
        fail "no warning -W$1 for: $2"
    fi
}
if command -v gcc >/dev/null; then
    expect_warning unused-result 'mi_malloc(10);'
    expect_warning unused-result 'void *p = mi_malloc(10); mi_realloc(p, 20);'
    expect_warning unused-result 'mi_heap_new();'
    expect_warning alloc-size-larger-than= 'void *p = mi_malloc((size_t)-1); mi_free(p);'
    expect_warning stringop-overflow= 'char *p = mi_malloc(1); p[2] = 1; __builtin_memset(p, 0, 9); mi_free(p);'
fi
exit $failed
