#!/bin/sh
# SPDX-License-Identifier: MIT
# The development packages in a clean root, by the tests that the source package brings (debian/tests).
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
. "$top_srcdir/tests/package/root.sh"
text="debian/tests in a clean root"
debian_built D25 "$text"
root_wanted D25 "$text"

root=$work/root
prepare() {
    root_make "$root"
    root_offer "$root" "$debian"
    # Before the pages that it is to find.
    root_install "$root" man-db
    in_root "$root" apt-get -q -y install libmimalloc
}
check A2.1 "a clean root with libmimalloc" prepare
# As its user types it, with what these recommend.
check D25 "apt-get install libmimalloc10-dev gcc g++ pkgconf cmake" \
    in_root "$root" apt-get -q -y -o Dpkg::Use-Pty=0 install libmimalloc10-dev gcc g++ pkgconf cmake
manual() {
    in_root "$root" man --warnings mi_malloc >"$work/page" 2>"$work/warnings"
    silent cat "$work/warnings"
    grep -w mi_zalloc "$work/page"
}
check D19 "man mi_malloc" manual
check D25 "what the tests of programs need" root_install "$root" perl python3-minimal xz-utils gdb

mkdir -p "$root/srv/test/source"
tar -C "$root/srv/test/source" --strip-components=1 -xf "$TARBALL"
cp -R "$top_srcdir/debian" "$root/srv/test/source/debian"
run() {
    mkdir -p "$root/srv/test/$1"
    AUTOPKGTEST_TMP=/srv/test/$1 in_root "$root" sh -c "cd /srv/test/source && exec debian/tests/$1"
}
check D25 "pkg-config, CMake, -lmimalloc, archive, object, -static: debian/tests/build" run build
check D25 "launcher and preload with each library: debian/tests/programs" run programs
check D19 "man and whatis of every function: debian/tests/manual" run manual
symbols() {
    root_install "$root" libmimalloc10-dbgsym
    in_root "$root" gdb -batch -ex 'info line malloc' -ex 'info line mi_heap_new' \
        "/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/libmimalloc-override.so.10" >"$work/gdb" 2>&1
    cat "$work/gdb"
    grep -q 'Line [0-9]* of "lib/override/' "$work/gdb"
    grep -q 'Line [0-9]* of "lib/api/heap\.c"' "$work/gdb"
}
check D34 "gdb shows source lines with libmimalloc10-dbgsym" symbols
check D26 "dpkg --audit has nothing to say" silent in_root "$root" dpkg --audit
check D26 "dpkg --verify has nothing to say" silent in_root "$root" dpkg --verify \
    libmimalloc libmimalloc10 libmimalloc10-dev

check D26 "adequate is installed" root_install "$root" adequate
check D26 "adequate has nothing to say" silent in_root "$root" adequate \
    libmimalloc libmimalloc10 libmimalloc10-dev libmimalloc-debug10 libmimalloc-secure10
finish
