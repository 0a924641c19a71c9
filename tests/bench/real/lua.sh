#!/bin/sh
# SPDX-License-Identifier: MIT
# lua N: trees, strings and tables; every object is a block from realloc.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

do_prepare() {
    need lua5.4 lua5.4
}

do_command() {
    arguments lua5.4 "$HERE/work.lua" "$1"
}

do_check() {
    same_output
}

verb "$@"
