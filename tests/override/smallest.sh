#!/bin/sh
# SPDX-License-Identifier: MIT
# A program with as little of the C++ runtime as can be throws and is served, with each C++ library
# that is here; and one that replaces the nothrow forms alone.  What else the operators must do:
# tests/conformance.
: "${top_srcdir:?}"
# shellcheck source=tests/override/common.sh
. "$top_srcdir/tests/override/common.sh"

[ -n "$OVERRIDE_SO$OVERRIDE_OBJECT" ] || skip "the override is not built"
flags='-std=c++17 -O1 -Wall -Wextra -fno-builtin -fsized-deallocation'
tested=0
if [ -n "$CXX" ] && works "$CXX"; then
    # shellcheck disable=SC2086
    in_all_ways smallest "$here/smallest.cc" "$CXX" $flags
    # shellcheck disable=SC2086
    in_all_ways nothrow "$here/nothrow.cc" "$CXX" $flags
    tested=1
fi
if works clang++ -stdlib=libc++ "${OVERRIDE_SO:-$OVERRIDE_OBJECT}" -lpthread; then
    # shellcheck disable=SC2086
    in_all_ways smallest-libc++ "$here/smallest.cc" "clang++ -stdlib=libc++" $flags
    tested=1
else
    echo "no clang++ with libc++ for this ABI: not tested with it"
fi
[ $tested = 1 ] || skip "no C++ compiler"
exit $failed
