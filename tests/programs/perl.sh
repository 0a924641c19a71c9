#!/bin/sh
# SPDX-License-Identifier: MIT
# perl: hashes, strings, expressions, Storable, threads where perl has them, fork.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need perl perl
PERL_HASH_SEED=0
PERL_PERTURB_KEYS=0
export PERL_HASH_SEED PERL_PERTURB_KEYS
compare_runs perl "$HERE/inputs/hashes.pl" 20000
assert_served
assert_bound perl -e 'print join(",", "a" .. "zz"), "\n"'
compare_quiet perl "$HERE/inputs/hashes.pl" 500
compare_variants perl "$HERE/inputs/hashes.pl" 2000
finish
