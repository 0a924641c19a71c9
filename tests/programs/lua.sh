#!/bin/sh
# SPDX-License-Identifier: MIT
# lua: every object goes through realloc, one block each.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need lua5.4 lua5.4
compare_runs lua5.4 "$HERE/inputs/tables.lua" 60000
assert_served
assert_bound lua5.4 -e 'print(("x"):rep(1000):len())'
compare_quiet lua5.4 "$HERE/inputs/tables.lua" 500
compare_variants lua5.4 "$HERE/inputs/tables.lua" 3000
finish
