#!/bin/sh
# SPDX-License-Identifier: MIT
# The headers compile without a warning in every mode of gcc and clang, names.h lists all that they
# declare, and the attributes they give to functions do their work.
set -eu

: "${top_srcdir:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

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

# All headers; C finds nothing in those for C++.
cat >"$work/all.c" <<'END'
#include <mimalloc-memory-resource.h>
#include <mimalloc-new-delete.h>
#include <mimalloc-override.h>
#include <mimalloc-stats.h>
int use(void);
int use(void) {
    char *p = strdup("text");
    free(p);
    return p != NULL;
}
END
cat >"$work/all.cc" <<'END'
#include <mimalloc-memory-resource.h>
#include <mimalloc-new-delete.h>
#include <mimalloc-stats.h>
#include <mimalloc.h>
#include <list>
#include <vector>
#include <mimalloc-override.h>
template struct mi_stl_allocator<double>;
template struct mi_heap_stl_allocator<double>;
template struct mi_heap_destroy_stl_allocator<double>;
int use();
int use() {
    std::vector<int, mi_heap_stl_allocator<int> > numbers;
    std::list<int, mi_heap_destroy_stl_allocator<int> > list;
    numbers.push_back(1);
    list.push_back(1);
    void *p = std::malloc(10);
    std::free(p);
    return numbers == numbers && list.get_allocator() == list.get_allocator();
}
END
# What is of C++ has its linkage also where a program says otherwise.
{
    echo 'extern "C" {'
    sed -n '/include <mimalloc/p' "$work/all.cc"
    echo '}'
    sed '/include <mimalloc/d' "$work/all.cc"
} >"$work/within.cc"

# try COMPILER SOURCE FLAGS DEFINES STANDARD...: each standard that the compiler knows, with each of
# the macros defined.  Flags and macros are words in one argument.
try() {
    compiler=$1
    source=$2
    flags="-Wall -Wextra -Wpedantic -Wundef -Wshadow -Wconversion -Werror $3"
    defines=$4
    shift 4
    case $source in
    *.cc) flags="$flags -Wold-style-cast -Wmissing-declarations" ;;
    *) flags="$flags -Wstrict-prototypes -Wmissing-prototypes" ;;
    esac
    command -v "$compiler" >/dev/null || {
        echo "$compiler is missing: not tried"
        return 0
    }
    for standard in "$@"; do
        "$compiler" -std="$standard" -fsyntax-only -xc /dev/null 2>/dev/null ||
            "$compiler" -std="$standard" -fsyntax-only -xc++ /dev/null 2>/dev/null || continue
        for define in $defines; do
            # shellcheck disable=SC2086
            "$compiler" -std="$standard" -D"$define" $flags -I"$top_srcdir/include" \
                -fsyntax-only "$work/$source" ||
                fail "$source with $compiler -std=$standard -D$define $flags"
        done
    done
}
for compiler in gcc clang; do
    try "$compiler" use.c '' 'NONE MI_API_VERSION=1 MI_API_VERSION=2' \
        gnu89 c89 gnu99 c99 gnu11 c11 gnu17 c17 gnu2x c2x
    try "$compiler" all.c '' 'NONE _GNU_SOURCE' gnu89 c99 c11 gnu17 c2x
done
for compiler in g++ clang++; do
    try "$compiler" use.cc '' 'NONE MI_API_VERSION=1 MI_API_VERSION=2' \
        c++98 gnu++98 c++11 c++14 c++17 c++20 gnu++20 c++2b
    try "$compiler" all.cc '' NONE c++98 c++11 c++14 c++17 c++20
    try "$compiler" all.cc '-fno-exceptions -fno-rtti' NONE c++98 c++17
    try "$compiler" within.cc '' NONE c++98 c++11 c++20
done
# operators COMPILER STANDARD COUNT: so many of them are defined.
operators() {
    command -v "$1" >/dev/null || return 0
    echo '#include <mimalloc-new-delete.h>' >"$work/operators.cc"
    "$1" -std="$2" -I"$top_srcdir/include" -c -o "$work/operators.o" "$work/operators.cc"
    count=$(nm "$work/operators.o" | grep -c ' T _\{1,2\}Z\(n[wa]\|d[la]P\)')
    [ "$count" = "$3" ] || fail "$1 -std=$2: $count operators, not $3"
}
for compiler in g++ clang++; do
    operators $compiler c++98 8
    operators $compiler c++14 10
    operators $compiler c++17 20
done
# Where <new> declares the operators with a size.
try clang++ all.cc -fsized-deallocation NONE c++14 c++17

sed -n 's/^MI_\(EXPORT\|RESULT\) .*[ *]\(mi_[a-z0-9_]*\)(.*/\2/p' "$top_srcdir"/include/*.h |
    sort -u >"$work/declared"
sed -n 's/^NAME(\(.*\))$/\1/p' "$top_srcdir/tests/api/names.h" | sort -u >"$work/listed"
if ! diff "$work/declared" "$work/listed"; then
    fail "names.h (>) lists other functions than the headers (<) declare"
fi

# expect_warning OPTION STATEMENT: gcc must object.
expect_warning() {
    printf '#include <mimalloc.h>\nvoid use(void) { %s }\n' "$2" >"$work/wrong.c"
    if gcc -O1 -I"$top_srcdir/include" -Werror="$1" -c -o "$work/wrong.o" "$work/wrong.c" \
        2>/dev/null; then
        fail "no warning -W$1 for: $2"
    fi
}
# expect_silence STATEMENT: gcc must not object to what is right.
expect_silence() {
    printf '#include <mimalloc.h>\n#include <stdlib.h>\nvoid use(void);\nvoid use(void) { %s }\n' \
        "$1" >"$work/right.c"
    gcc -O2 -Wall -Wextra -Werror -I"$top_srcdir/include" -c -o "$work/right.o" "$work/right.c" ||
        fail "a warning for: $1"
}
# tests_for_null CALL: does gcc keep a test of the result?
tests_for_null() {
    printf '#include <mimalloc.h>\nvoid null(void);\nvoid use(mi_heap_t *heap, void *p) {
        (void)heap; p = %s; if (p == NULL) null(); mi_free(p); }\n' "$1" >"$work/null.c"
    gcc -O1 -I"$top_srcdir/include" -c -o "$work/null.o" "$work/null.c" || fail "$1"
    nm "$work/null.o" | grep -q ' null$'
}
if command -v gcc >/dev/null; then
    expect_warning unused-result 'mi_malloc(10);'
    expect_warning unused-result 'void *p = mi_malloc(10); mi_realloc(p, 20);'
    expect_warning unused-result 'mi_heap_new();'
    expect_warning alloc-size-larger-than= 'void *p = mi_malloc((size_t)-1); mi_free(p);'
    expect_warning stringop-overflow= 'char *p = mi_malloc(1); p[2] = 1; __builtin_memset(p, 0, 9); mi_free(p);'
    # All of a block may be used; and where malloc is replaced, free is mi_free.
    expect_silence 'size_t n; char *p = mi_umalloc(1, &n); if (n > 8) __builtin_memset(p, 0, 9); mi_free(p);'
    expect_silence 'char *p = mi_malloc(10); free(p);'
    expect_silence 'char *p = malloc(10); mi_free(p);'
    for call in 'mi_new(1)' 'mi_new_aligned(1, 64)' 'mi_new_n(1, 2)' 'mi_new_realloc(p, 1)' \
        'mi_new_reallocn(p, 1, 2)' 'mi_heap_alloc_new(heap, 1)' 'mi_heap_alloc_new_n(heap, 1, 2)'; do
        ! tests_for_null "$call" || fail "gcc does not know that $call is never NULL"
    done
    for call in 'mi_new_nothrow(1)' 'mi_malloc(1)'; do
        tests_for_null "$call" || fail "gcc believes that $call is never NULL"
    done
fi
exit $failed
