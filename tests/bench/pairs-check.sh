#!/bin/sh
# SPDX-License-Identifier: MIT
# Holds the instructions per malloc and free, blocks allocated and then freed in the order in which
# they came, to the limits below.  The loop and the PLT are counted: they cost 13 (pairs.sh
# --calibrate shows it).
set -eu
here=$(dirname "$0")

# size window limit
limits='
16    64   47
200   64   47
2000  64   49
20000 64   52
'
# 6 more than malloc where the list has a block; 5 are the loop's, with its check of the result, and
# the 64th call finds the list empty and takes some 80 more.
aligned_more=12.5
alignment=64

skip() {
    echo "SKIP: $*"
    exit 77
}

[ -n "${OVERRIDE_SO:-}" ] || skip "the override library is not built"
command -v valgrind >/dev/null || skip "valgrind is not installed"
case $(uname -m) in
x86_64) ;;
*) skip "the limits are those of x86-64" ;;
esac
grep -q '^#define SIZEOF_VOID_P 8$' "$top_builddir/config.h" ||
    skip "the limits are those of 64 bits"
case " ${CFLAGS:-} " in
*" -fsanitize"* | *" --coverage "* | *" -pg "*) skip "built with instrumentation: $CFLAGS" ;;
# What distributions add costs instructions in each function.
*" -fstack-protector"* | *" -fstack-clash-protection "* | *" -fcf-protection"* | *"omit-leaf-frame-pointer "* | \
    *" -fno-omit-frame-pointer "*) skip "the limits are those of a build without hardening: $CFLAGS" ;;
*" -O2 "* | *" -O3 "*) ;;
*) skip "the limits are those of -O2, CFLAGS are: ${CFLAGS:-}" ;;
esac

pairs=$top_builddir/tests/bench/pairs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/bench/pairs-count.sh
. "$here/pairs-count.sh"
if ! count_run "" 16 1 fifo 10 >"$work/first" 2>&1 || [ ! -s "$work/first" ]; then
    cat "$work/first"
    skip "valgrind does not run here"
fi

# judge TEXT COUNT LIMIT
judge() {
    verdict=good
    if awk "BEGIN { exit !($2 > $3) }"; then
        verdict=FAIL
        failed=1
    fi
    echo "$1: $2 instructions, at most $3: $verdict"
}

failed=0
while read -r size window limit; do
    [ -n "$size" ] || continue
    count=$(count_pairs "$OVERRIDE_SO" "$size" "$window" fifo)
    judge "$size bytes, $window blocks" "$count" "$limit"
    # Against the class that both take.
    size=$(((size + alignment - 1) / alignment * alignment))
    count=$(count_pairs "$OVERRIDE_SO" "$size" "$window" fifo)
    aligned=$(count_pairs "$OVERRIDE_SO" "$size" "$window" fifo "$alignment")
    judge "  $size by posix_memalign of $alignment" "$aligned" "$(awk "BEGIN { print $count + $aligned_more }")"
done <<EOT
$limits
EOT
exit $failed
