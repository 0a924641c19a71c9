#!/bin/sh
# SPDX-License-Identifier: MIT
# perl N: hashes and strings.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

do_prepare() {
    need perl perl
}

do_command() {
    arguments PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0 perl "$HERE/work.pl" "$1"
}

do_check() {
    same_output
}

verb "$@"
