#!/bin/sh
# SPDX-License-Identifier: MIT
# make distcheck out of the tarball, with every variant and many jobs: a source tree that cannot be
# written, a build apart from it, tests, installation and removal there, and a tarball again.  Then the
# same tree built and tested with clang.  Tests that take long, which make check has run, are left out.
# Functions are called by check, lists of tests are words.
# shellcheck disable=SC2086,SC2317
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"

# Where it stopped, what make distcheck unpacked is left as it was: not to be written.
trap 'chmod -R u+w "$work"' EXIT
mkdir "$work/source"
tar -xJf "$TARBALL" -C "$work/source" --strip-components=1
chmod -R a-w "$work/source"

# make_there DIRECTORY ARGUMENT...: none of this make's own words reach it.
make_there() {
    directory=$1
    shift
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CC -u CXX -u CFLAGS -u CXXFLAGS -u CPPFLAGS -u LDFLAGS \
        "$MAKE" -C "$directory" "$@"
}
# configured NAME ARGUMENT...
configured() {
    mkdir "$work/$1"
    cd "$work/$1"
    shift
    env -u CC -u CXX -u CFLAGS -u CXXFLAGS -u CPPFLAGS -u LDFLAGS ../source/configure -q "$@"
}
short() {
    make_there "$work/$1" -s print-tests | tr ' ' '\n' |
        grep -vE '^tests/(programs|stress|bench|reliability|fault)' >"$work/tests"
    [ "$(wc -l <"$work/tests")" -gt 60 ]
}
# logged NAME COMMAND...: its output, of which the end is shown when it fails
logged() {
    log=$work/$1.log
    shift
    "$@" >"$log" 2>&1 || {
        grep '^FAIL' "$log" || :
        tail -n 60 "$log"
        return 1
    }
}
passed() { # NAME
    grep -E '^# (TOTAL|PASS|FAIL|ERROR): ' "$work/$1.log"
    [ "$(sed -n 's/^# PASS: *//p' "$work/$1.log" | sort -n | tail -n 1)" -gt 60 ]
    ! grep -E '^# (FAIL|ERROR|XPASS): *[1-9]' "$work/$1.log" || return 1
}
distcheck() {
    configured gcc
    short gcc
    logged distcheck make_there "$work/gcc" -j8 distcheck TESTS="$(tr '\n' ' ' <"$work/tests")" \
        DISTCHECK_CONFIGURE_FLAGS='--enable-shared --enable-static --enable-override --enable-debug --enable-secure'
    grep 'archives ready for distribution' "$work/distcheck.log"
}
check U2 "make -j8 distcheck, with every variant" distcheck
check U3 "tests passed in a build apart from a source tree that cannot be written" passed distcheck

if need clang clang++; then
    with_clang() {
        configured clang CC=clang CXX=clang++ --enable-werror
        logged clang make_there "$work/clang" -j8 check TESTS="$(tr '\n' ' ' <"$work/tests")"
        passed clang
    }
    check U7 "clang: builds without a warning, and passes the tests" with_clang
else
    skip U7 "clang" "$missing"
fi
finish
