# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by pairs.sh and pairs-check.sh.  Needs $pairs (the program) and $work (a directory).

# count_run LIBRARY SIZE WINDOW ORDER ITERATIONS [ALIGNMENT]: instructions of one run, start-up
# included.  Callgrind does not replace malloc, so what is preloaded serves.
count_run() {
    library=$1
    shift
    # by way of env, so that only the program is preloaded: valgrind starts in a shell script
    valgrind --tool=callgrind --trace-children=yes --callgrind-out-file=/dev/null \
        env LD_PRELOAD="$library" "$pairs" "$@" >"$work/valgrind.out" 2>&1 || {
        cat "$work/valgrind.out" >&2
        return 1
    }
    sed -n 's/^==[0-9]*== Collected : \([0-9]*\).*/\1/p' "$work/valgrind.out"
}

# count_pairs LIBRARY SIZE WINDOW ORDER [ALIGNMENT]: instructions per malloc and free, with one
# decimal: the difference of two runs, so that what comes before the loop cancels out, and so does
# the first half, in which an allocator warms up.
count_pairs() {
    # the same number of digits, so that the arguments take the same instructions to read
    case $3 in
    1) less=10000 more=40000 ;;
    64) less=1000 more=2000 ;;
    *) less=10 more=20 ;;
    esac
    low=$(count_run "$1" "$2" "$3" "$4" "$less" ${5:+"$5"}) || return 1
    high=$(count_run "$1" "$2" "$3" "$4" "$more" ${5:+"$5"}) || return 1
    echo "$low $high $(((more - less) * $3))" | awk '{ printf "%.1f\n", ($2 - $1) / $3 }'
}
