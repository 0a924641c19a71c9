#!/bin/sh
# SPDX-License-Identifier: MIT
# The tarball as packagers meet it: the Autotools run again on it without a warning, as packages do; it
# makes itself anew, byte for byte; it is what the repository holds; a build takes the user's flags and
# adds none that optimise, harden, or choose a processor.
# Functions are called by check.
# shellcheck disable=SC2317
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"

unpack() { # DIRECTORY
    mkdir -p "$1"
    tar -xJf "$TARBALL" -C "$1" --strip-components=1
}
bootstraps() {
    unpack "$work/again"
    cd "$work/again"
    autoreconf -fi -Wall,error >said 2>&1 || { cat said && return 1; }
    # What it says besides is which files it adds.
    ! grep -vE 'installing|^libtoolize: (putting|copying|linking)' said || return 1
}
# By content: a configure script that somebody has added to is found by name nowhere.
as_generated() {
    unpack "$work/packed"
    rm -rf "$work/again/autom4te.cache" "$work/again/said" "$work/again"/*~ # what they leave besides
    diff -r "$work/packed" "$work/again"
    echo '# added' >>"$work/packed/configure"
    ! diff -rq "$work/packed" "$work/again" || return 1
}
as_repository() {
    sh "$top_srcdir/tests/install/tarball" "$TARBALL" "$top_srcdir"
}
makes_itself() {
    unpack "$work/source"
    mkdir "$work/build"
    cd "$work/build"
    (umask 027 && TZ=Pacific/Apia ../source/configure -q >log 2>&1 &&
        MAKEFLAGS='' MFLAGS='' TZ=Pacific/Apia LC_ALL=C "$MAKE" -s dist-xz >>log 2>&1) ||
        { tail -n 20 log && return 1; }
    cmp "${TARBALL##*/}" "$TARBALL"
}
# What make would run for one file of each library, with flags that are surely the user's.
flags() {
    cd "$top_builddir"
    from=$(sed -n 's/^srcdir = //p' Makefile)
    file=$from/lib/core/alloc.c
    file=${file#./}
    MAKEFLAGS='' MFLAGS='' "$MAKE" -n -W "$file" V=1 CFLAGS='-Og -DUSERS' CCASFLAGS=-Og CPPFLAGS=-DUSERS_TOO \
        LDFLAGS=-Wl,-z,users all-am >"$work/commands"
    grep -e ' -c -o [^ ]*core/[^ ]*-alloc\.' "$work/commands" >"$work/lines"
    [ "$(wc -l <"$work/lines")" -ge 3 ]
    ! grep -v -e '-Og' "$work/lines" | grep . || return 1
    ! grep -v -e '-DUSERS .*-DUSERS_TOO\|-DUSERS_TOO .*-DUSERS ' "$work/lines" | grep . || return 1
    grep -e '--mode=link' "$work/commands" | grep -e '-o libmimalloc' | grep -v -e '-Wl,-z,users' | grep . && return 1
    ! grep -nE ' -O[0-3sz]| -m(arch|cpu|tune|fpu)=| -D_FORTIFY_SOURCE| -fstack-(protector|clash)| -fcf-protection| -s( |$)|-z,(relro|now)' \
        "$work/commands" || return 1
}
if need autoreconf; then
    check U1 "autoreconf on the tarball, without a warning" bootstraps
    check U4 "what the Autotools generate is, byte for byte, what the tarball holds" as_generated
else
    skip U1 "autoreconf on the tarball" "$missing"
    skip U4 "what the Autotools generate" "$missing"
fi
if [ -e "$top_srcdir/.git" ]; then
    check U4 "the tarball is what the repository holds, and what the Autotools generate" as_repository
else
    skip U4 "the tarball is what the repository holds" "$top_srcdir is not a repository"
fi
check U4 "an unpacked tarball makes the same tarball" makes_itself
check U6 "the user's flags on every line, none that optimises, hardens or chooses a processor" flags
finish
