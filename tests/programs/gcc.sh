#!/bin/sh
# SPDX-License-Identifier: MIT
# gcc compiles this tree; driver, compiler proper and assembler are three processes.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"
# shellcheck source=/dev/null
. "${0%/*}/compile.sh"

need gcc gcc
compile_tree gcc 3 os base core api override
assert_bound gcc -O2 -S -o "$WORK/stencil.s" "$HERE/inputs/stencil.c"
compare_quiet gcc -O2 -g -c "$HERE/inputs/stencil.c"
compare_variants gcc -O2 -c "$HERE/inputs/stencil.c"
finish
