# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Shared by the tests of the compilers: compile this tree's sources without and with the
# allocator and compare the object files byte by byte.

top_srcdir=$(cd "${top_srcdir:-$HERE/../..}" && pwd)
top_builddir=$(cd "${top_builddir:-$top_srcdir}" && pwd)

# A copy, so that both runs see the same even where somebody edits the tree meanwhile.
SOURCES=$WORK/sources
export SOURCES
mkdir "$SOURCES" "$SOURCES/generated"
cp -R "$top_srcdir/lib" "$top_srcdir/include" "$SOURCES"
[ -e "$top_builddir/config.h" ] || fail "no config.h in $top_builddir"
cp "$top_builddir/config.h" "$SOURCES/generated"
find "$top_builddir/include" -name '*.h' -exec cp {} "$SOURCES/generated" \; 2>/dev/null || :
C_FLAGS="-x c -std=gnu11 -DHAVE_CONFIG_H -I$SOURCES/generated -I$SOURCES/include -I$SOURCES/lib \
-fPIC -O2 -g -w"

# compile_tree COMPILER PROCESSES FOLDER...: every source of these folders of lib, for each of
# which the compiler starts that many processes.
compile_tree() {
    compiler=$1
    processes=$2
    shift 2
    : >"$WORK/list"
    for folder in "$@"; do
        find "$SOURCES/lib/$folder" -name '*.c' | sort >>"$WORK/list"
    done
    [ -s "$WORK/list" ] || fail "no sources under $top_srcdir/lib"
    read_from "$WORK/list"
    # shellcheck disable=SC2086 # the flags are many words
    compare_runs sh "$HERE/inputs/compile.sh" "$compiler" $C_FLAGS
    read_from /dev/null
    set -- "$WORK"/served/*.o
    count=$(wc -l <"$WORK/list")
    [ $# -eq "$count" ] || fail "$# object files for $count sources"
    assert_served $((count * processes + 1)) # the shell is one too
    say "$count object files of $compiler are identical"
}
