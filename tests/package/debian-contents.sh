#!/bin/sh
# SPDX-License-Identifier: MIT
# What the Debian packages contain and say of themselves.
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
debian_built D9 "contents of the packages"
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
libdir=usr/lib/$multiarch
number=$SONAME_NUMBER
libraries="libmimalloc$number libmimalloc-debug$number libmimalloc-secure$number"
packages="libmimalloc $libraries libmimalloc$number-dev"
for package in $packages; do
    unpacked "$package" >/dev/null
done
all=$debian/unpacked

# ---- the lists
lists() {
    expected_files debian.contents "$libdir" "libmimalloc$number-dev" >"$work/expected"
    for package in $packages; do
        (cd "$all/$package" && find . -path ./DEBIAN -prune -o ! -type d -print | sed "s|^\./|$package |")
    done | sort >"$work/found"
    [ "$(wc -l <"$work/expected")" -gt 150 ]
    diff "$work/expected" "$work/found"
}
check D9 "the packages have the files of debian.contents and the manual, and no other" lists
versioned() {
    for package in $libraries; do
        dpkg-deb -c "$(find "$debian" -maxdepth 1 -name "${package}_*.deb")" | grep -v '/$' |
            grep -vE "/libmimalloc[a-z-]*\.so\.$number(\.[0-9]+)*( -> .*)?\$|/usr/share/doc/$package/" || continue
        return 1
    done
}
check D9 "nothing unversioned is in the packages of libraries" versioned
placed() {
    find "$all" -path '*/DEBIAN' -prune -o \( -name '*.so' -o -name '*.so.*' -o -name '*.[ao]' -o -name '*.pc' \
        -o -name '*.cmake' \) -print >"$work/placed"
    [ "$(wc -l <"$work/placed")" -ge 18 ]
    ! grep -v "^$all/[^/]*/$libdir/" "$work/placed" || return 1
}
check D11 "libraries, archive, object, .pc and CMake files are in the architecture's directory" placed
check D17 "no .la files" sh -c "! find '$all' -name '*.la' | grep ."
modes() {
    for deb in "$debian"/*.deb; do
        dpkg-deb -c "$deb" | awk '
            $2 != "root/root" { print; bad = 1; next }
            /^l/ || /^drwxr-xr-x / || /^-rw-r--r-- / { next }
            /^-rwxr-xr-x / && $6 == "./usr/bin/mimalloc-run" { next }
            { print; bad = 1 }
            END { exit bad }'
    done
}
check D18 "owners and modes: only the launcher is executable" modes

# ---- names
sonames() {
    for package in $libraries; do
        for file in "$all/$package/$libdir"/*.so.*; do
            [ ! -L "$file" ] || continue
            # As Policy 8.1 has it.
            name=$(objdump -p "$file" |
                sed -n -e 's/^[[:space:]]*SONAME[[:space:]]*//p' |
                sed -E -e 's/([0-9])\.so\./\1-/; s/\.so(\.|$)//; y/_/-/; s/(.*)/\L&/')
            echo "$package: ${file##*/}: $name"
            case $name in
            "$package") ;;
            libmimalloc-override"$number") [ "$package" = "libmimalloc$number" ] ;;
            *) exit 1 ;;
            esac
        done
    done
}
check D6 "packages of libraries are named as the SONAME says" sonames
numbers() {
    for file in "$all"/*/"$libdir"/*.so.*; do
        [ ! -L "$file" ] || objdump -p "$file" | sed -n 's/.*SONAME.*\.so\.//p'
    done >"$work/numbers"
    [ "$(wc -l <"$work/numbers")" = 4 ]
    [ "$(sort -u "$work/numbers")" = "$number" ]
}
check D7 "the four libraries have one SONAME number" numbers
fields() { # package, field, value
    value=$(dpkg-deb -f "$(find "$debian" -maxdepth 1 -name "$1_*.deb")" "$2")
    echo "$1: $2: $value"
    [ "$value" = "$3" ]
}
relations() {
    version=$(dpkg-parsechangelog -l"$top_srcdir/debian/changelog" -SVersion)
    fields libmimalloc Multi-Arch foreign
    fields libmimalloc Section utils
    for package in $libraries libmimalloc$number-dev; do
        fields "$package" Multi-Arch same
    done
    for package in libmimalloc "libmimalloc-debug$number" "libmimalloc-secure$number" "libmimalloc$number-dev"; do
        fields "$package" Depends x | grep -qF "libmimalloc$number (= $version)" || exit 1
    done
    fields "libmimalloc$number-dev" Conflicts libmimalloc-dev
    fields "libmimalloc$number-dev" Replaces libmimalloc-dev
    fields "libmimalloc$number-dev" Provides ''
    # Of others only the C library is needed.
    for package in $libraries; do
        fields "$package" Depends x | tr ',' '\n' | sed 's/.*: //' |
            grep -vE "^ *(libc6|libmimalloc$number) \(" || continue
        exit 1
    done
}
check A2.1 "relations, sections and Multi-Arch" relations
# unnamed TEXT DIRECTORY...: it is in no file, compressed ones too.
unnamed() {
    text=$1
    shift
    ! grep -rlF -e "$text" "$@" || return 1
    ! find "$@" -name '*.gz' -exec zgrep -lF -e "$text" {} + || return 1
}
check D10 "headers, manual and documentation do not name the architecture" \
    unnamed "$multiarch" "$all/libmimalloc$number-dev/usr/include" "$all/libmimalloc$number-dev/usr/share"

# ---- libraries
loads() {
    for file in "$all"/libmimalloc*/"$libdir"/*.so.* "$all/libmimalloc/usr/bin/mimalloc-run"; do
        [ ! -L "$file" ] || continue
        readelf -dW "$file" >"$work/dynamic"
        if grep -E 'RPATH|RUNPATH|TEXTREL' "$work/dynamic"; then exit 1; fi
        # What a PIE or a shared library needs: no more than the C library.
        if sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' "$work/dynamic" | grep -v '^\(libc\.so\|ld\)'; then exit 1; fi
        readelf -lW "$file" | grep GNU_STACK | grep -q ' RW ' || exit 1
        file "$file" | grep -q 'BuildID\[sha1\]=.*, stripped' || exit 1
    done
}
check D18 "no search path, text relocation or executable stack, nothing needed but libc, stripped" loads
triggers() {
    for package in $libraries; do
        grep -qx 'activate-noawait ldconfig' "$all/$package/DEBIAN/triggers"
    done
    if ls "$all"/*/DEBIAN/*inst "$all"/*/DEBIAN/*rm 2>/dev/null; then exit 1; fi
}
check D18 "ldconfig runs by trigger, and there are no maintainer scripts" triggers

# ---- what is linked statically
archive=$all/libmimalloc$number-dev/$libdir/libmimalloc.a
object=$all/libmimalloc$number-dev/$libdir/mimalloc-override.o
position() {
    # The command that made each member of the archive.
    members=$(ar t "$archive" | wc -l)
    grep -E '^libtool: compile: .* -o lib/[^ ]*libmimalloc_la-[a-z_]+\.o( |$)' "$debian/build.log" |
        grep -v '/\.libs/' >"$work/commands"
    echo "$members members, $(wc -l <"$work/commands") commands"
    [ "$members" -gt 30 ]
    [ "$(wc -l <"$work/commands")" = "$members" ]
    if grep -E -e '-fPIC|-DPIC' "$work/commands"; then exit 1; fi
}
check D14 "libmimalloc.a is not compiled with -fPIC" position
sections() {
    readelf -SW "$1" >"$work/sections"
    grep -q '\.text' "$work/sections"
    if grep -E "$2" "$work/sections"; then exit 1; fi
}
check D15 "no LTO bytecode in libmimalloc.a" sections "$archive" 'gnu\.lto'
check D15 "no LTO bytecode in mimalloc-override.o" sections "$object" 'gnu\.lto'
check D16 "libmimalloc.a has no debug information" sections "$archive" '\.z?debug_'
check D16 "mimalloc-override.o has no debug information" sections "$object" '\.z?debug_'
symbols() {
    nm -g --defined-only "$archive" | awk 'NF == 3 { print $3 }' | grep -vE '^mip?_' && exit 1
    nm "$object" | awk '$2 == "T" && $3 ~ /^mip_/ { print; bad = 1 } $3 == "malloc" { good = 1 }
        END { exit bad || !good }'
}
check U10 "the archive defines mi_ and mip_ only, the object no mip_, and malloc" symbols

# ---- the rest
compressed() {
    find "$all" -name '*.gz' >"$work/compressed"
    [ "$(wc -l <"$work/compressed")" -gt 20 ]
    while read -r file; do
        # No name and no time in the header, best compression.
        [ "$(od -An -tx1 -N9 "$file" | tr -d ' ')" = 1f8b08000000000002 ] || { echo "$file" && exit 1; }
    done <"$work/compressed"
    find "$all" -path '*/man/*' ! -type d ! -name '*.gz' | grep . && exit 1
    return 0
}
check D19 "the manual is compressed, without names and times" compressed
dangling() {
    find "$all/libmimalloc$number-dev/usr/share/man" -type l >"$work/links"
    [ "$(wc -l <"$work/links")" -gt 100 ]
    while read -r link; do
        [ -e "$link" ] || { echo "$link" && exit 1; }
    done <"$work/links"
    for link in "$all/libmimalloc$number-dev/$libdir"/*.so; do
        ls "$all"/*/"$libdir/$(readlink "$link")"
    done
}
check D19 "links among pages and to libraries lead somewhere" dangling
check D24 "no path of the build is in any file" unnamed "$PACKAGE_DIR" "$all"
debug() {
    for package in libmimalloc $libraries; do
        mkdir -p "$work/debug/$package"
        dpkg-deb -x "$(find "$debian" -maxdepth 1 -name "$package-dbgsym_*.deb")" "$work/debug/$package"
        find "$all/$package/usr" -type f \( -path '*/bin/*' -o -name '*.so.*' \) >"$work/files"
        while read -r file; do
            id=$(readelf -n "$file" | sed -n 's/.*Build ID: //p')
            rest=${id#??}
            separate=$work/debug/$package/usr/lib/debug/.build-id/${id%"$rest"}/$rest.debug
            readelf -SW "$separate" | grep -q '\.debug_info'
        done <"$work/files"
    done
}
check D34 "debug symbols of every file are in the -dbgsym packages" debug
finish
