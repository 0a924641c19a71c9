#!/bin/sh
# SPDX-License-Identifier: MIT
# Built with options that leave something out, make install leaves exactly what remains, and what was
# installed serves: the checks of install.sh, and make installcheck, in a build of its own for each.
# Functions are called by check.
# shellcheck disable=SC2317
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"

# The launcher knows where its libraries are installed: outside of the build, so that its own path is
# in no file.
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

mkdir -p "$work/source"
tar -xJf "$TARBALL" -C "$work/source" --strip-components=1

build() { # NAME OPTION...
    mkdir -p "$work/$1"
    cd "$work/$1"
    prefix=$place/$1
    shift
    { ../source/configure -q CC="$CC" CXX="$CXX" CFLAGS="$CFLAGS" CXXFLAGS="$CXXFLAGS" --prefix="$prefix" "$@" &&
        MAKEFLAGS='' MFLAGS='' "$MAKE" -s -j"$(nproc)"; } >log 2>&1 || { tail -n 30 log && return 1; }
}
# present FILE: its path where it was built
present() {
    [ ! -e "$work/$name/$1" ] || echo "$work/$name/$1"
}
files() {
    name=$1
    top_builddir=$work/$name PACKAGE_CHECK=install-$name \
        PLAIN_SO=$(present ".libs/libmimalloc.so.$SONAME_NUMBER") \
        STATIC_LIB=$(present .libs/libmimalloc.a) OVERRIDE_OBJECT=$(present mimalloc-override.o) \
        OVERRIDE_SO=$(present ".libs/libmimalloc-override.so.$SONAME_NUMBER") \
        DEBUG_SO=$(present ".libs/libmimalloc-debug.so.$SONAME_NUMBER") \
        SECURE_SO=$(present ".libs/libmimalloc-secure.so.$SONAME_NUMBER") \
        sh "$top_srcdir/tests/package/install.sh"
}
serves() {
    cd "$work/$1"
    MAKEFLAGS='' MFLAGS=''
    export MAKEFLAGS MFLAGS
    "$MAKE" -s install
    "$MAKE" -s installcheck
    "$MAKE" -s uninstall
    ! find "$place/$1" ! -type d | grep . || return 1
}
refused() { # OPTION...: configure says no
    mkdir -p "$work/refused"
    cd "$work/refused"
    ! ../source/configure -q "$@" >log 2>&1 || { echo "configure accepts $*" && return 1; }
    grep 'error:' log
}
for options in --disable-static --disable-shared --disable-override --disable-debug --disable-secure; do
    kind=no-${options#--disable-}
    check U7 "$options builds" build "$kind" $options
    check U20 "$options: what install.sh checks" files "$kind"
    check U7 "$options: make installcheck, and uninstall leaves nothing" serves "$kind"
done
check U7 "a secure library without what it is part of is refused" refused --enable-secure --disable-override
finish
