#!/bin/sh
# SPDX-License-Identifier: MIT
# bash: arrays, string building, subshells, pipes and command substitution.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need bash bash
compare_runs bash "$HERE/inputs/shell.bash" 12000
assert_served 2
# shellcheck disable=SC2016 # bash expands it
assert_bound bash -c 'for i in a b; do text+=$i; done'
compare_quiet bash "$HERE/inputs/shell.bash" 500
compare_variants bash "$HERE/inputs/shell.bash" 1000
finish
