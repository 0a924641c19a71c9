#!/bin/sh
# SPDX-License-Identifier: MIT
# A program that does nothing, preloaded with the override library, has at most so much more peak
# resident memory, and makes at most so many more system calls, than preloaded with an empty one.
set -eu
here=$(dirname "$0")
limit_kib=300
limit_calls=12

skip() {
    echo "SKIP: $*"
    exit 77
}

[ -n "${OVERRIDE_SO:-}" ] || skip "the override library is not built"
[ -z "${TEST_EMULATED:-}" ] || skip "an emulator's memory and calls are not the program's"
case " ${CFLAGS:-} " in
*" -fsanitize"* | *" --coverage "* | *" -pg "*) skip "built with instrumentation: $CFLAGS" ;;
esac
# What distributions add makes the library's own pages more.
case " ${CFLAGS:-} " in
*" -flto"* | *" -fstack-protector"* | *" -fstack-clash-protection "* | *" -fcf-protection"* | *"omit-leaf-frame-pointer "*)
    limit_kib=400
    ;;
esac
# On ARM the compiler's library is loaded, too, by the tables through which exceptions pass.
if readelf -d "$OVERRIDE_SO" 2>/dev/null | grep -q 'libgcc_s'; then
    limit_kib=$((limit_kib + 150))
    limit_calls=$((limit_calls + 12))
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/bench/startup-measure.sh
. "$here/startup-measure.sh"
build_startup || skip "no static C library to link the launcher with"

failed=0
more=$(($(peak_kib "$OVERRIDE_SO") - $(peak_kib "$work/empty.so")))
echo "peak resident memory: $more KiB more than with an empty library, at most $limit_kib"
if [ "$(getconf PAGESIZE)" != 4096 ]; then
    echo "memory: not judged, the limit is that of pages of 4 KiB"
elif [ "$more" -gt "$limit_kib" ]; then
    failed=1
fi

if ! command -v strace >/dev/null; then
    echo "system calls: not counted, strace is not installed"
elif ! calls=$(count_calls "$work/empty.so"); then
    echo "system calls: not counted, strace does not run here"
else
    count_calls "$OVERRIDE_SO" >/dev/null
    cp "$work/calls" "$work/ours"
    more=$(($(grep -c '(' "$work/ours") - calls))
    echo "system calls: $more more than with an empty library, at most $limit_calls"
    if [ "$more" -gt "$limit_calls" ]; then
        failed=1
        cat "$work/ours"
    fi
fi
exit $failed
