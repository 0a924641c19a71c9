#!/bin/sh
# SPDX-License-Identifier: MIT
# A program in C and one in C++ that take the address of every declared function link and run in
# every way, for both versions of the interface.
set -eu
: "${top_srcdir:?}"
# shellcheck source=tests/interface/common.sh
. "$top_srcdir/tests/interface/common.sh"

# all_ways NAME SOURCE COMPILER...
all_ways() {
    program=$1
    shift
    compile "$@" || return 0
    shift
    for each in plain override archive static object object-static; do
        in_way "$each" "$program" "$object" "$@"
    done
}
for version in 1 2; do
    # shellcheck disable=SC2086
    all_ways "addresses-$version" "$top_srcdir/tests/api/addresses.c" \
        $compile_c -std=gnu11 -DMI_API_VERSION=$version
    [ -n "$have_cxx" ] || continue
    # shellcheck disable=SC2086
    all_ways "addresses-cxx-$version" "$top_srcdir/tests/api/addresses-cxx.cc" \
        $compile_cxx -DMI_API_VERSION=$version
done
[ $linked -gt 0 ] || skip "no library"
[ -n "$have_cxx" ] || echo "no C++ compiler: C only"
exit $failed
