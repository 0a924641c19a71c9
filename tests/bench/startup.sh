#!/bin/sh
# SPDX-License-Identifier: MIT
# startup.sh [NAME...]
# What a program that does nothing costs with an allocator preloaded, beyond the same program with
# an empty library preloaded: peak resident memory and system calls.  make startup runs it.
set -eu
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/bench/startup-measure.sh
. "$here/startup-measure.sh"
# shellcheck source=tests/bench/peers.sh
. "$here/peers.sh"
build_startup
base=$(peak_kib "$work/empty.so")
calls=$(count_calls "$work/empty.so") || calls=
printf '%-12s %10s %13s\n' allocator 'KiB more' 'calls more'
printf '%-12s %10s %13s\n' '(empty)' "$base" "${calls:-?}"
find_peers | while read -r name library; do
    is_wanted "$name" "$@" || continue
    [ "$library" != - ] || continue
    more=
    [ -z "$calls" ] || more=$(($(count_calls "$library") - calls))
    printf '%-12s %+10d %13s\n' "$name" "$(($(peak_kib "$library") - base))" "${more:-?}"
done
