#!/bin/sh
# SPDX-License-Identifier: MIT
# clang compiles this tree.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"
# shellcheck source=/dev/null
. "${0%/*}/compile.sh"

need clang clang
compile_tree clang 1 os base core
assert_bound clang -O2 -S -o "$WORK/stencil.s" "$HERE/inputs/stencil.c"
compare_quiet clang -O2 -g -c "$HERE/inputs/stencil.c"
compare_variants clang -O2 -c "$HERE/inputs/stencil.c"
finish
