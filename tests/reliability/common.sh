# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by the cases that are scripts.  run.sh gives CASE_COLUMN, CASE_DIR, CASE_BIN (programs for
# this column), CASE_LIBRARY, CASE_PRELOAD (empty where nothing is preloaded), CASE_FULL.
set -u
: "${CASE_BIN:?}" "${CASE_DIR:?}" "${CASE_COLUMN:?}"

fail() {
    echo "$*"
    exit 1
}

skip() {
    echo "$*"
    exit 77
}

# served COMMAND...: with this column's allocator.
served() {
    env ${CASE_PRELOAD:+LD_PRELOAD="$CASE_PRELOAD"} "$@"
}

# amount QUICK FULL
amount() {
    if [ -n "${CASE_FULL:-}" ]; then echo "$2"; else echo "$1"; fi
}

tmp=$CASE_DIR/tmp.$$
mkdir "$tmp" || exit 1
trap 'rm -rf "$tmp"' EXIT
