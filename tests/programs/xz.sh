#!/bin/sh
# SPDX-License-Identifier: MIT
# xz: compression in as many threads as there are processors, and back.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need xz xz-utils
# text LINES: compressible, yet not the same line over and over.
text() {
    awk -v n="$1" 'BEGIN {
        r = 1
        for (i = 0; i < n; i++) {
            r = (r * 16807) % 2147483647
            printf "%d line %d of %d %x\n", i, r % 1000, r % 77, r
        }
    }'
}
text 200000 >"$WORK/long"
text 20000 >"$WORK/short"

read_from "$WORK/long"
compare_runs xz -T0 --block-size=1MiB -3 -c
assert_served
cp "$WORK/served.out" "$WORK/packed.xz"
read_from "$WORK/packed.xz"
compare_runs xz -T0 -d -c
assert_served
cmp "$WORK/long" "$WORK/served.out" || fail "the round trip changes the data"
compare_quiet xz -T0 -d -c
assert_bound xz -T0 -t "$WORK/packed.xz"
read_from "$WORK/short"
compare_variants xz -T0 --block-size=128KiB -6 -c
finish
