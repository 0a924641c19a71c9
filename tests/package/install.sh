#!/bin/sh
# SPDX-License-Identifier: MIT
# What make install leaves, with the usual places of libraries, with and without DESTDIR: exactly the
# files of installed.txt; files for pkg-config and CMake that are valid, name no place but their own,
# and serve from where the tree was moved; nothing of the build's path; and make uninstall leaves
# nothing of ours and all of others.
# Functions are called by check, flags are words.
# shellcheck disable=SC2046,SC2086,SC2317
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"

# The machine's pkg-config may be another program of that name.
pkgconf=pkgconf
command -v pkgconf >/dev/null || pkgconf=pkg-config
compile="$CC $CPPFLAGS $CFLAGS -fno-builtin $LDFLAGS"

run_make() {
    MAKEFLAGS='' MFLAGS='' "$MAKE" -s -C "$top_builddir" "$@" >"$work/make.log" 2>&1 || {
        tail -n 30 "$work/make.log"
        return 1
    }
}
kinds=all
[ -z "$PLAIN_SO" ] || kinds="$kinds|shared"
[ -z "$STATIC_LIB" ] || kinds="$kinds|static"
[ -z "$OVERRIDE_SO" ] || kinds="$kinds|override"
[ -z "$OVERRIDE_OBJECT" ] || kinds="$kinds|object"
[ -z "$DEBUG_SO" ] || kinds="$kinds|debug"
[ -z "$SECURE_SO" ] || kinds="$kinds|secure"
grep -E "^($kinds) " "$top_srcdir/tests/package/installed.txt" | cut -d' ' -f2- |
    sed -e "s/\.so\.NUMBERS/.so.$(library_numbers)/g" -e "s/\.so\.SONAME/.so.$SONAME_NUMBER/g" | sort >"$work/expected"

# layout NAME DESTDIR PREFIX LIBDIR [ARGUMENT-OF-MAKE...]: what the functions below look at
layout() {
    name=$1 destdir=$2 prefix=$3 libdir=$4
    shift 4
    make_arguments="DESTDIR=$destdir prefix=$prefix libdir=$libdir $*"
    tree=$destdir$prefix
    lib=$destdir$libdir
}
install_it() {
    # What was there before stays.
    mkdir -p "$lib/pkgconfig" "$tree/share/man/man3" "$tree/include"
    touch "$lib/pkgconfig/other.pc" "$tree/share/man/man3/mi_other.3" "$tree/include/mimalloc-other.h"
    run_make install $make_arguments
}
as_listed() {
    # Wherever it is: nothing is installed elsewhere.
    find "${destdir:-$tree}" ! -type d -printf '%y %m %p %l\n' |
        sed -e 's/^l [0-9]*/link/' -e 's/^f //' -e "s| $lib/| LIBDIR/|" -e "s| $tree/bin/| BINDIR/|" \
            -e "s| $tree/include/| INCLUDEDIR/|" -e "s| $tree/share/man/| MANDIR/|" -e 's/ $//' |
        grep -vE '/(other\.pc|mi_other\.3|mimalloc-other\.h)$' | sort -u >"$work/found"
    diff "$work/expected" "$work/found"
}
pkg() { # ARGUMENT...
    PKG_CONFIG_LIBDIR=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$destdir PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 \
        PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 "$pkgconf" "$@"
}
pc_files() {
    for file in "$lib"/pkgconfig/mimalloc*.pc; do
        silent "$pkgconf" --validate "$file"
        [ "$(sed -n 's/^prefix=//p' "$file")" = "$prefix" ]
        # All places follow the prefix, so that --define-prefix can move them.
        sed -n '/^prefix=/!p' "$file" | grep -vE '^URL: ' | grep -nE '(=|-[IL])/' && return 1
        for field in 'URL: https:' 'License: MIT$' "Version: $VERSION\$" 'Description: .' 'Libs.private: -pthread'; do
            grep -q "^$field" "$file" || { echo "$file: no $field" && return 1; }
        done
    done
    [ "$(pkg --variable=libdir mimalloc)" = "$libdir" ] || [ "$(pkg --variable=libdir mimalloc)" = "$lib" ]
    [ "$(pkg --modversion mimalloc)" = "$VERSION" ]
    pkg --exists 'mimalloc >= 1.0'
    # A dynamic link does not take what only a static one needs.
    ! pkg --libs mimalloc | grep -e -pthread || return 1
    pkg --libs --static mimalloc | grep -e -pthread
}
# runs EXPECTED PROGRAM
runs() {
    [ "$(LD_LIBRARY_PATH=$lib "$2" "$1")" = "$1" ]
}
consumer=$top_srcdir/tests/install/consumer.c
pc_builds() {
    if [ -n "$PLAIN_SO" ]; then
        $compile -o "$work/consumer" "$consumer" $(pkg --cflags --libs mimalloc)
        runs plain "$work/consumer"
    fi
    if [ -n "$OVERRIDE_SO" ]; then
        $compile -o "$work/consumer" "$consumer" $(pkg --cflags --libs mimalloc-override)
        runs override "$work/consumer"
    fi
    if [ -n "$STATIC_LIB" ]; then
        $compile -static -o "$work/consumer" "$consumer" $(pkg --cflags --libs --static mimalloc)
        runs plain "$work/consumer"
    fi
}
cmake_builds() {
    ! sed 's/^ *#.*//' "$lib/cmake/mimalloc/"*.cmake | grep -nE '"/|[ (]/' || return 1
    for way in mimalloc:plain mimalloc-static:plain mimalloc-override:override mimalloc-object:override; do
        case ${way%:*} in
        mimalloc) built=$PLAIN_SO ;;
        mimalloc-static) built=$STATIC_LIB ;;
        mimalloc-override) built=$OVERRIDE_SO ;;
        mimalloc-object) built=$OVERRIDE_OBJECT ;;
        esac
        [ -n "$built" ] || continue
        rm -rf "$work/cmake"
        cmake -S "$top_srcdir/tests/install" -B "$work/cmake" -DVERSION=1.0 -DWAY="${way%:*}" \
            -DCMAKE_C_COMPILER="${CC%% *}" -DCMAKE_C_FLAGS="${CC#"${CC%% *}"} $CPPFLAGS $CFLAGS -fno-builtin" \
            -DCMAKE_EXE_LINKER_FLAGS="$LDFLAGS" -Dmimalloc_DIR="$lib/cmake/mimalloc" >"$work/cmake.log"
        grep -x -e "-- MIMALLOC_LIBRARY_DIR=$lib" "$work/cmake.log"
        [ -z "$OVERRIDE_OBJECT" ] || grep -x -e "-- MIMALLOC_OBJECT_DIR=$lib" "$work/cmake.log"
        grep -x -e "-- MIMALLOC_INCLUDE_DIR=$tree/include" "$work/cmake.log"
        cmake --build "$work/cmake" >"$work/cmake.log" || { cat "$work/cmake.log" && return 1; }
        runs "${way#*:}" "$work/cmake/consumer"
    done
}
# CMake finds the package by itself below a prefix, where it looks for libraries on this machine.
cmake_finds() {
    rm -rf "$work/cmake"
    cmake -S "$top_srcdir/tests/install" -B "$work/cmake" -DVERSION=1.0 -DCMAKE_PREFIX_PATH="$tree" \
        -DCMAKE_C_COMPILER="${CC%% *}" | grep -x -e "-- MIMALLOC_LIBRARY_DIR=$lib"
}
no_build_path() {
    find "$tree" "$lib" -type f ! -name '*.la' >"$work/files"
    while read -r file; do
        # Debug information names where the sources were, and is of no concern here.
        case $file in
        *.so.* | *.o | *.a | */mimalloc-run) objcopy -g "$file" "$work/stripped" ;;
        *) cp "$file" "$work/stripped" ;;
        esac
        ! grep -F -e "$top_builddir" -e "$top_srcdir" -e "$work" "$work/stripped" ||
            [ "${file#*/pkgconfig/}" != "$file" ] || { echo "in $file" && return 1; }
    done <"$work/files"
}
uninstalls() {
    run_make uninstall $make_arguments
    find "${destdir:-$tree}" ! -type d | sed 's|.*/||' | sort -u | tr '\n' ' ' >"$work/left"
    [ "$(cat "$work/left")" = 'mi_other.3 mimalloc-other.h other.pc ' ] || { cat "$work/left" && return 1; }
    ! find "${destdir:-$tree}" -type d -name '*mimalloc*' ! -path "$tree" | grep . || return 1
}

all_of_it() { # POINTS' TEXT
    check U20 "make install into $name installs what is listed" install_it
    check U20 "$name: the files of installed.txt, with their modes" as_listed
    if need "$pkgconf"; then
        check U15 "$name: .pc files are valid, with the right fields" pc_files
        check U15 "$name: programs build by pkg-config and run" pc_builds
    else
        skip U15 "$name: .pc files" "$missing"
    fi
    if need cmake; then
        check U16 "$name: CMake's files name no place; programs build and run" cmake_builds
    else
        skip U16 "$name: CMake's files" "$missing"
    fi
    check D24 "$name: no path of the build" no_build_path
}
layout lib "$work/lib" /usr /usr/lib
all_of_it
! need cmake || check U16 "$name: CMake finds it by the prefix" cmake_finds
check U20 "$name: make uninstall leaves what is others', and that only" uninstalls

layout lib64 "$work/lib64" /usr /usr/lib64
all_of_it
check U20 "$name: make uninstall leaves what is others', and that only" uninstalls

triplet=$($CC -print-multiarch 2>/dev/null || :)
layout multiarch "$work/multiarch" /usr "/usr/lib/${triplet:-x86_64-linux-gnu}"
all_of_it
! need cmake || [ -z "$triplet" ] || check U16 "$name: CMake finds it by the prefix" cmake_finds
check U20 "$name: make uninstall leaves what is others', and that only" uninstalls

layout direct '' "$work/direct/mimalloc" "$work/direct/mimalloc/lib"
all_of_it

# ---- moved as a whole
move() {
    cp -R "$work/direct/mimalloc" "$work/elsewhere"
    mv "$work/direct" "$work/gone"
}
moved_pc() {
    PKG_CONFIG_LIBDIR=$lib/pkgconfig
    export PKG_CONFIG_LIBDIR
    [ "$("$pkgconf" --define-prefix --variable=includedir mimalloc)" = "$tree/include" ]
    [ "$("$pkgconf" --define-prefix --variable=libdir mimalloc)" = "$lib" ]
    [ -z "$PLAIN_SO" ] || {
        $compile -o "$work/consumer" "$consumer" $("$pkgconf" --define-prefix --cflags --libs mimalloc)
        runs plain "$work/consumer"
    }
}
moved_launcher() {
    $compile -o "$work/foreign" "$top_srcdir/tests/abi/foreign.c" -ldl
    "$tree/bin/mimalloc-run" "$work/foreign" "${OVERRIDE_SO##*/}"
    ! "$work/foreign" "${OVERRIDE_SO##*/}" || return 1
}
layout direct '' "$work/direct/mimalloc" "$work/direct/mimalloc/lib"
check U20 "$name: make uninstall is complete in a copy" uninstalls
check U20 "$name: installs again" install_it
move
layout moved '' "$work/elsewhere" "$work/elsewhere/lib"
if need "$pkgconf"; then
    check U15 "$name: pkgconf --define-prefix follows" moved_pc
else
    skip U15 "$name: pkgconf --define-prefix" "$missing"
fi
! need cmake || check U16 "$name: CMake's files follow" cmake_builds
[ -z "$OVERRIDE_SO" ] || check U19 "$name: the launcher finds its library" moved_launcher

# What the last make install wrote for another prefix is made anew.
run_make all
finish
