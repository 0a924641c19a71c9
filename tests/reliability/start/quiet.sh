# SPDX-License-Identifier: MIT
# needs: start/small.c
# Nothing is ever said on stderr: as it is, with little memory, without /proc, with limits.
. "$top_srcdir/tests/reliability/common.sh"

# run WHAT LIMITS: LIMITS are commands of the shell that start the program.
run() {
    served true || fail "does not start"
    (
        eval "$2"
        served "$CASE_BIN/start/small" >/dev/null
    ) 2>"$tmp/said" || :
    [ ! -s "$tmp/said" ] || fail "$1: says: $(head -n 1 "$tmp/said")"
}
run "as it is" :
run "256 MiB of addresses" 'ulimit -v 262144'
run "64 MiB of data" 'ulimit -d 65536'
run "no descriptors" 'ulimit -n 16'
run "a locked memory limit" 'ulimit -l 0'
