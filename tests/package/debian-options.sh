#!/bin/sh
# SPDX-License-Identifier: MIT
# The packages as those build them who want something else than debian/rules says: without the manual,
# without optimisation, with symbols left in, or with LTO, by the words of Policy 4.9.1 and
# dpkg-buildflags(1).  nocheck is what the other checks build with.
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
debian_built D20 "builds with other options"

libdir=usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
names=$(sed -n 's/^Package: //p' "$top_srcdir/debian/control")

# build NAME OPTIONS PROFILES: into $work/NAME, and unpacked there
build() {
    debian_source "$work/$1"
    DEB_BUILD_OPTIONS=$2
    DEB_BUILD_PROFILES=$3
    debian_build "$tree" -b >"$work/$1.log" 2>&1 || {
        tail -n 50 "$work/$1.log"
        return 1
    }
    mkdir -p "$work/$1/unpacked"
    for package in $names; do
        dpkg-deb -R "$(find "$work/$1" -maxdepth 1 -name "${package}_*.deb")" "$work/$1/unpacked/$package"
    done
}
# files DIRECTORY: what lies there, but for documentation
files() {
    (cd "$1" && find usr ! -type d ! -path 'usr/share/man/*' ! -path 'usr/share/doc/*' | sort)
}
same_files() {
    for package in $names; do
        files "$(unpacked "$package")" >"$work/wanted"
        files "$work/$1/unpacked/$package" | diff "$work/wanted" -
    done
}
# compiled NAME FLAG...: each line that compiles for what is installed has each flag
compiled() {
    grep -E '^(libtool: compile: +)?[a-z0-9_-]*gcc .* -c ' "$work/$1.log" | grep -vE '\.S( |$)' >"$work/lines"
    [ "$(wc -l <"$work/lines")" -gt 100 ]
    shift
    for flag in "$@"; do
        ! grep -v -e " $flag " "$work/lines" | head -n 3 | grep . || return 1
    done
}
# serves NAME: a program is served by what was built, preloaded, linked with the object, or not at all
serves() {
    made=$work/$1/unpacked
    gcc -I"$made/libmimalloc10-dev/usr/include" -o "$work/program" "$top_srcdir/tests/install/consumer.c" \
        "$made/libmimalloc10-dev/$libdir/libmimalloc.a" -pthread
    [ "$("$work/program" plain)" = plain ]
    gcc -I"$made/libmimalloc10-dev/usr/include" -o "$work/program" \
        "$made/libmimalloc10-dev/$libdir/mimalloc-override.o" "$top_srcdir/tests/install/consumer.c" -pthread
    [ "$("$work/program" override)" = override ]
    for package in libmimalloc10:override libmimalloc-debug10:debug libmimalloc-secure10:secure; do
        library=$made/${package%:*}/$libdir/libmimalloc-${package#*:}.so.$SONAME_NUMBER
        LD_PRELOAD=$library sort "$top_srcdir/NEWS" | cmp - "$work/sorted"
        LD_PRELOAD=$library grep -m 1 "/libmimalloc-${package#*:}\.so" /proc/self/maps
    done
}
sort "$top_srcdir/NEWS" >"$work/sorted"

check D20 "nodoc noopt nostrip: built" build none 'nodoc noopt nostrip nocheck' 'nodoc nocheck'
check D20 "nodoc noopt nostrip: all files but documentation" same_files none
undocumented() {
    for package in $names; do
        [ ! -e "$work/none/unpacked/$package/usr/share/man" ]
        find "$work/none/unpacked/$package/usr/share/doc" -type f | sed 's|.*/||' | sort | uniq
        [ -s "$work/none/unpacked/$package/usr/share/doc/$package/copyright" ]
        # debhelper keeps README.Debian, which says what a user must know.
        ! find "$work/none/unpacked/$package/usr/share/doc" -name 'README.md*' | grep . || return 1
    done
    [ -e "$(unpacked "libmimalloc$SONAME_NUMBER-dev")/usr/share/doc/libmimalloc$SONAME_NUMBER-dev/README.md.gz" ]
}
check D20 "nodoc: neither manual nor README.md, but the copyright" undocumented
check D20 "noopt: -O0 on every line" compiled none -O0
symbols() {
    [ -z "$(find "$work/none" -name '*-dbgsym_*')" ]
    for file in "$work/none/unpacked"/*/"$libdir"/*.so.*.* "$work/none/unpacked"/*/"$libdir"/*.[ao]; do
        readelf -SW "$file" >"$work/sections"
        grep -q '\.debug_info' "$work/sections" || { echo "$file has none" && return 1; }
    done
}
check D20 "nostrip: symbols left in libraries, archive and object" symbols
check D20 "nodoc noopt nostrip: programs are served" serves none

check D15 "optimize=+lto: built" build lto 'nocheck optimize=+lto' nocheck
check D15 "optimize=+lto: the same files" same_files lto
check D15 "optimize=+lto: -flto=auto on every line" compiled lto -flto=auto
no_bytecode() {
    for file in "$work/lto/unpacked/libmimalloc10-dev/$libdir"/*.[ao]; do
        readelf -SW "$file" >"$work/sections"
        ! grep -E 'gnu\.lto|\.debug_info' "$work/sections" || return 1
        nm "$file" | grep -c ' T '
    done
}
check D15 "optimize=+lto: machine code and no bytecode in archive and object" no_bytecode
check D15 "optimize=+lto: programs are served" serves lto
finish
