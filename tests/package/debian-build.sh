#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the Debian packages once, for the checks that follow: from the tarball, as an unprivileged build
# would, without the tests (debian-chroot.sh has them run).
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"

if [ ! -d "$top_srcdir/debian" ]; then
    skip D1 "source and binary packages are built" "a tarball has no debian/"
    finish
fi
if ! need dpkg-buildpackage dh dpkg-scanpackages; then
    skip D1 "source and binary packages are built" "$missing"
    finish
fi

rm -rf "$debian"
debian_source "$debian"
check D1 "the source format is 3.0 (quilt)" grep -qx '3.0 (quilt)' "$tree/debian/source/format"
check D1 "there are no patches" test ! -e "$tree/debian/patches"
check D2 "what the build depends on is known and installed" \
    sh -c "cd '$tree' && dpkg-checkbuilddeps -Pnocheck"

build() {
    debian_build "$tree" -F >"$debian/build.log" 2>&1 || {
        tail -n 50 "$debian/build.log"
        return 1
    }
}
check D4 "source and binary packages are built from the tarball, with no root command" build
untested() {
    if grep -E '^# TOTAL:|^(PASS|FAIL|SKIP): | -o tests/' "$debian/build.log"; then exit 1; fi
}
check D20 "nocheck is honoured: no test was built or run" untested
cleaned() {
    debian_build "$tree" -T clean >"$debian/clean.log" 2>&1 || {
        tail -n 50 "$debian/clean.log"
        return 1
    }
    tar -C "$work" -xf "$TARBALL"
    # dpkg-source knows no empty directories either.
    find "$tree" -type d -empty -delete
    diff -r --exclude=debian "$work/libmimalloc-$VERSION" "$tree"
    diff -r "$top_srcdir/debian" "$tree/debian"
}
check D1 "clean leaves the tree as the tarball has it" cleaned
finish
