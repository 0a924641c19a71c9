#!/bin/sh
# SPDX-License-Identifier: MIT
# node N: buffers (which live outside the interpreter's own heap), JSON, compression.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

do_prepare() {
    need node nodejs
}

do_command() {
    arguments NODE_OPTIONS= node "$HERE/work.js" "$1"
}

do_check() {
    same_output
}

verb "$@"
