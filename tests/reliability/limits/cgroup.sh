# SPDX-License-Identifier: MIT
# needs: limits/within.c
# A memory cgroup of 128 MiB, 64 MiB live, thousands of blocks that come and go: never killed.
. "$top_srcdir/tests/reliability/common.sh"
group=
for root in /sys/fs/cgroup/memory /sys/fs/cgroup/unified /sys/fs/cgroup; do
    [ -d "$root" ] || continue
    one=$root/case-$$
    mkdir "$one" 2>/dev/null || continue
    for file in memory.limit_in_bytes memory.max; do
        if [ -w "$one/$file" ] && echo 134217728 >"$one/$file" 2>/dev/null; then
            group=$one
            echo 0 >"$one/memory.swap.max" 2>/dev/null || :
        fi
    done
    [ -z "$group" ] || break
    rmdir "$one"
done
[ -n "$group" ] || skip "no cgroup with a memory limit can be made here"
status=0
sh -c 'echo $$ >"$0"/cgroup.procs && shift 0 && exec env ${CASE_PRELOAD:+LD_PRELOAD="$CASE_PRELOAD"} "$1"' \
    "$group" "$CASE_BIN/limits/within" || status=$?
rmdir "$group"
[ $status != 137 ] || fail "killed for memory"
exit $status
