# SPDX-License-Identifier: MIT
# needs: start/small.c
# Nothing is ever said on stderr, and the program works: as it is, with little memory, with one
# descriptor to start with and none after that, without /proc, with limits.
. "$top_srcdir/tests/reliability/common.sh"

# run WHAT LIMITS [ARGUMENT]: LIMITS are commands of a shell that starts the program.
run() {
    status=0
    limited="$2; exec \"\$@\""
    $around sh -c "$limited" sh env ${CASE_PRELOAD:+LD_PRELOAD="$CASE_PRELOAD"} \
        "$CASE_BIN/start/small" ${3:+"$3"} >"$tmp/answer" 2>"$tmp/said" || status=$?
    [ ! -s "$tmp/said" ] || fail "$1: says: $(head -n 1 "$tmp/said")"
    [ "$status/$(cat "$tmp/answer")" = 0/worked ] || fail "$1: status $status"
}
around=
run "as it is" :
run "256 MiB of addresses" 'ulimit -v 262144'
run "64 MiB of data" 'ulimit -d 65536'
run "one descriptor" 'ulimit -n 4'
run "no descriptors" : no-descriptors
run "a locked memory limit" 'ulimit -l 0'

# Where a file system can be mounted.
# shellcheck disable=SC2016
printf '%s\n' 'for place in /proc /sys; do mount -t tmpfs none $place || exit 1; done' \
    '[ ! -e /proc/self ] && exec "$@"' >"$tmp/bare"
around="unshare --mount --propagation private sh $tmp/bare"
if $around true 2>/dev/null; then
    run "without /proc and /sys" :
    run "without them, 256 MiB of addresses" 'ulimit -v 262144'
else
    echo "not tried without /proc: nothing can be mounted here"
fi
