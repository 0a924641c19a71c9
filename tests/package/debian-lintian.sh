#!/bin/sh
# SPDX-License-Identifier: MIT
# lintian has nothing to say, at every level but experimental tags, and is not told to be quiet.
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
text="lintian -I --pedantic prints nothing about source and binaries"
debian_built D5 "$text"
if ! need lintian; then
    skip D5 "$text" "$missing"
    finish
fi

overrides() {
    find "$top_srcdir/debian" -name '*lintian-overrides*' -o -path '*/source/lintian*' | grep . && return 1
    for deb in "$debian"/*.deb; do
        dpkg-deb -c "$deb" | grep lintian/overrides && return 1
    done
    return 0
}
check D5 "no package overrides lintian" overrides

root=
[ "$(id -u)" != 0 ] || root=--allow-root
look() {
    lintian ${root:+"$root"} -I --pedantic --show-overrides --fail-on error,warning,info,pedantic \
        --tag-display-limit 0 "$@"
}
check D5 "$text" silent look "$debian"/libmimalloc_*.changes
finish
