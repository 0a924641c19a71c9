# SPDX-License-Identifier: MIT
# needs: start/small.c start/environ.c
# Environments that are empty, long, odd or changed: the program works and nothing is said.
. "$top_srcdir/tests/reliability/common.sh"
long=$(printf '%8000s' '' | tr ' ' x)

# run WHAT [NAME=VALUE...]
run() {
    what=$1
    shift
    said=$(env -i ${CASE_PRELOAD:+LD_PRELOAD="$CASE_PRELOAD"} CASE_COLUMN="$CASE_COLUMN" \
        ${PLANTED:+PLANTED="$PLANTED"} "$@" \
        "$CASE_BIN/start/small" 2>&1) || fail "$what: status $?: $said"
    [ "$said" = worked ] || fail "$what: says: $(echo "$said" | head -n 1)"
}
run "an empty environment"
run "a long variable" X="$long"
run "a long variable of ours" MIMALLOC_X="$long"
run "a long name of ours" "MIMALLOC_$long=1"
run "odd names" MIMALLOC_= MIMALLOC=1 mimalloc=1 =x ==
run "a variable without a value" A=
set --
i=0
while [ $i -lt 2000 ]; do
    set -- "$@" "V$i=$i"
    i=$((i + 1))
done
run "two thousand variables" "$@"
said=$(served "$CASE_BIN/start/environ" 2>&1) || fail "a changed environment: $said"
