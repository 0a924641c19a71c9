#!/bin/sh
# SPDX-License-Identifier: MIT
# A C++ project that finds the library by CMake as projects written to later headers do: version 2,
# target mimalloc-static.
set -eu
: "${top_srcdir:?}" "${top_builddir:?}" "${MAKE:=make}"
# shellcheck source=tests/interface/common.sh
. "$top_srcdir/tests/interface/common.sh"

command -v cmake >/dev/null || skip "cmake is not installed"
[ -n "$have_cxx" ] || skip "no C++ compiler"
(
    unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
    cd "$top_builddir"
    $MAKE install DESTDIR="$work/installed"
) >"$work/log" 2>&1 || {
    cat "$work/log"
    fail "make install"
}
package=$(find "$work/installed" -name mimalloc-config.cmake)
# CXX may be several words; CMake takes the first for the compiler.
if ! { cmake -S "$here/cmake" -B "$work/build" -Dmimalloc_DIR="${package%/*}" \
    -DCMAKE_CXX_COMPILER="${CXX%% *}" -DCMAKE_CXX_FLAGS="${CXX#"${CXX%% *}"} $CXXFLAGS" &&
    cmake --build "$work/build"; } >"$work/log" 2>&1; then
    cat "$work/log"
    fail "the project does not build"
    exit 1
fi
run "mimalloc-static by way of CMake" "$work/build/main"
if [ -n "$STATIC_LIB" ] && $NM -D "$work/build/main" | grep ' U mi_'; then
    fail "the shared library was linked"
fi
exit $failed
