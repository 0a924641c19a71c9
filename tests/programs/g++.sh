#!/bin/sh
# SPDX-License-Identifier: MIT
# g++: templates of its own library and this tree's header in C++; the sources of the tree as C.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"
# shellcheck source=/dev/null
. "${0%/*}/compile.sh"

need g++ g++
compile_tree g++ 3 base override
compare_runs g++ -std=c++17 -O0 -g -I"${SOURCES:?}/include" -I"$SOURCES/generated" \
    -c "$HERE/inputs/templates.cc"
assert_served 3
assert_bound g++ -x c++ -fsyntax-only "$HERE/inputs/stencil.c" -Drestrict=
compare_quiet g++ -x c++ -Drestrict= -O2 -c "$HERE/inputs/stencil.c"
compare_variants g++ -x c++ -Drestrict= -O2 -c "$HERE/inputs/stencil.c"
finish
