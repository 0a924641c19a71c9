#!/bin/sh
# SPDX-License-Identifier: MIT
# pairs.sh [-a ALIGNMENT] [--calibrate] [NAME...]
# Instructions per malloc and free for sizes, windows and orders: of this library, of the peers that
# are installed, and of the C library; or of those whose names are given.  -a: posix_memalign
# instead of malloc.  --calibrate: of a stub of five instructions instead, which shows what the loop
# and the PLT cost.  make pairs runs it in a build tree.
set -eu
here=$(dirname "$0")
pairs=${top_builddir:-.}/tests/bench/pairs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/bench/pairs-count.sh
. "$here/pairs-count.sh"
# shellcheck source=tests/bench/peers.sh
. "$here/peers.sh"
alignment=
calibrate=
while [ $# -gt 0 ]; do
    case $1 in
    -a)
        alignment=$2
        shift 2
        ;;
    --calibrate)
        calibrate=yes
        shift
        ;;
    *) break ;;
    esac
done
[ -x "$pairs" ] || {
    echo "pairs.sh: $pairs is not built" >&2
    exit 1
}

# table NAME LIBRARY
table() {
    for order in fifo shuffled; do
        for window in 1 64 4096; do
            printf '%-12s %5d  %-9s' "$1" "$window" "$order"
            for size in 16 200 2000 20000; do
                count=$(count_pairs "$2" "$size" "$window" "$order" ${alignment:+"$alignment"})
                printf '%9s' "$count"
            done
            echo
        done
    done
}

printf '%-12s %6s %-9s%9s%9s%9s%9s\n' allocator window order 16 200 2000 20000
if [ -n "$calibrate" ]; then
    # Words on purpose:
    # shellcheck disable=SC2086
    ${CC:-cc} ${CPPFLAGS-} ${CFLAGS-} ${LDFLAGS-} -O2 -fno-builtin -shared -fPIC -o "$work/stub.so" "$here/stub.c"
    table "stub (5)" "$work/stub.so"
    exit 0
fi
find_peers | while read -r name library; do
    is_wanted "$name" "$@" || continue
    table "$name" "${library#-}"
done
