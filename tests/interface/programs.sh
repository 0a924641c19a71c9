#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that use the library as programs in the field do, each in every way of linking.
set -eu
: "${top_srcdir:?}"
# shellcheck source=tests/interface/common.sh
. "$top_srcdir/tests/interface/common.sh"

# all_ways SOURCE COMPILER...: with the parts of the program that stand in NAME-*.c or NAME-*.cc
all_ways() {
    program=${1##*/}
    program=${program%.*}
    objects=
    ending=${1##*.}
    stem=${1%.*}
    shift
    for part in "$stem.$ending" "$stem"-*."$ending"; do
        [ -f "$part" ] || continue
        compile "$part" "$@" || return 0
        objects="$objects $object"
    done
    # Where the program has operators of its own, the object would bring them a second time.
    case $objects in
    *-operators.o*) ways='plain override archive static preload' ;;
    *) ways='plain override archive static object object-static preload' ;;
    esac
    for each in $ways; do
        in_way "$each" "$program" "$objects" "$@"
    done
}

for source in "$here"/programs/*.c; do
    # shellcheck disable=SC2086
    all_ways "$source" $compile_c -std=gnu11
done
# What knows no header must agree with it all the same.
# shellcheck disable=SC2086
$compile_c -std=gnu11 -DMI_API_VERSION=2 -include mimalloc.h -Werror -fsyntax-only \
    "$here/programs/rust.c" || fail "rust.c declares otherwise than the header"

if [ -n "$have_cxx" ]; then
    for source in "$here"/programs/*.cc; do
        case ${source##*/} in *-*) continue ;; esac
        # shellcheck disable=SC2086
        all_ways "$source" $compile_cxx
    done
else
    echo "no C++ compiler: C only"
fi
[ $linked -gt 0 ] || skip "no library"
exit $failed
