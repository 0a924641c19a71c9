#!/bin/sh
# SPDX-License-Identifier: MIT
# gcc, make, the shell, libtool and the linker, all of them served: this tree is configured and built
# from a copy; config.h, every object file and every library have the same bytes as without.
# shellcheck source=/dev/null
. "${0%/*}/suite.sh"

top_srcdir=$(cd "${top_srcdir:-$HERE/../../..}" && pwd)
need gcc gcc
need make make
[ -x "$top_srcdir/configure" ] || fail "no configure in $top_srcdir"
# What a tarball would hold of the library, without what earlier builds left.
mkdir "$WORK/source"
(cd "$top_srcdir" && tar -cf - --exclude='*.o' --exclude='*.lo' --exclude='.libs' --exclude=.deps \
    --exclude='lib/*.map' --exclude='lib/*.pc' --exclude='lib/*.cmake' \
    configure configure.ac Makefile.am Makefile.in aclocal.m4 config.h.in build-aux m4 lib include man rpm \
    tests bootstrap LICENSE README.md NEWS) | tar -C "$WORK/source" --exclude='*.so' -xf -
find "$WORK/source/tests" -type f ! -name '*.mk' -size +200k -exec rm -f {} +

suite() {
    assert_serves gcc --version
    assert_serves make --version
    # Debug information names the directory.
    rm -rf "$WORK/build"
    mkdir "$WORK/build"
    cd "$WORK/build" || exit
    limited "$RUN" ../source/configure -q --enable-debug --enable-secure --enable-static CC=gcc \
        CFLAGS='-g -O2'
    sed '/VERSION/d' config.h | cksum >>"$OUTCOMES"
    limited "$RUN" make -j2
    find . -name '*.o' -o -name '*.so.*.*' -o -name '*.a' | sort | while read -r file; do
        case $file in
        *.a) (ar p "$file" | cksum) | sed "s|\$| $file|" ;; # members, without their dates
        *) cksum "$file" ;;
        esac
    done >>"$OUTCOMES"
    [ "$(grep -c '\.o$' "$OUTCOMES")" -gt 100 ] || fail "only few objects were built"
}

compare_suite suite
finish
