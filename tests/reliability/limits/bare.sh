# SPDX-License-Identifier: MIT
# needs: memory/zero.c threads/fan.c fork/chain.c
# Programs start, and live, where /proc, /sys and /dev are empty.
. "$top_srcdir/tests/reliability/common.sh"
bare() {
    unshare --mount --propagation private sh -c '
        for place in /proc /sys /dev; do mount -t tmpfs none $place || exit 77; done
        [ ! -e /proc/self ] && exec "$@"' sh "$@"
}
bare true 2>/dev/null || skip "no file systems can be mounted here"
for program in memory/zero threads/fan fork/chain; do
    bare env ${CASE_PRELOAD:+LD_PRELOAD="$CASE_PRELOAD"} "$CASE_BIN/$program" || fail "$program"
done
