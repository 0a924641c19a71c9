#!/bin/sh
# SPDX-License-Identifier: MIT
# MIMALLOC_TRACE of the debug library: the line of a fault follows the calls that allocated and freed
# the block, in a form that addr2line takes; at exit sampled blocks that were not freed are told.
set -eu
: "${top_srcdir:?}" "${CC:=cc}" "${CPPFLAGS:=}" "${CFLAGS:=}" "${LDFLAGS:=}" "${DEBUG_SO:=}"
skip() {
    echo "SKIP: $*"
    exit 77
}
[ -n "$DEBUG_SO" ] || skip "the debug library is not built"
case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer serves malloc itself: $CFLAGS" ;;
esac
printf '#include <execinfo.h>\n' | $CC -E - >/dev/null 2>&1 || skip "the C library has no backtrace"
[ -z "${TEST_EMULATED:-}" ] || skip "an emulator does not show the calls of a program as they are"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
for name in double-free usable-inside; do
    # Words on purpose.
    # shellcheck disable=SC2086
    $CC $CPPFLAGS $CFLAGS -O1 -g -w -fno-builtin $LDFLAGS -o "$work/$name" \
        "$top_srcdir/tests/fault/programs/$name.c" -lpthread
done

# expect PATTERN: a line of the last run.
expect() {
    grep -Eq "$1" "$work/errors" || {
        echo "FAIL: no line $1 in"
        cat "$work/errors"
        failed=1
    }
}

env LD_PRELOAD="$DEBUG_SO" MIMALLOC_TRACE=1 "$work/double-free" 100 >/dev/null 2>"$work/errors" || :
expect '^mimalloc: trace: 0x[0-9a-f]+ of 100 bytes was allocated by$'
expect '^mimalloc: trace: 0x[0-9a-f]+ of 100 bytes was freed by$'
expect '^mimalloc: trace:   .*/double-free\+0x[0-9a-f]+$'
expect '^mimalloc: fatal: free: pointer 0x[0-9a-f]+, size class 112: freed already$'
[ "$(grep '^mimalloc: ' "$work/errors" | tail -n 1 | cut -c 1-16)" = 'mimalloc: fatal:' ] || {
    echo "FAIL: the fault is not the last line"
    failed=1
}
if command -v addr2line >/dev/null; then
    offset=$(sed -n 's/^mimalloc: trace:   .*\/double-free+\(0x[0-9a-f]*\)$/\1/p' "$work/errors" | head -n 1)
    addr2line -f -e "$work/double-free" "$offset" | grep -Eq 'fault|take' || {
        echo "FAIL: $offset is not where the program allocates"
        failed=1
    }
fi

env LD_PRELOAD="$DEBUG_SO" MIMALLOC_TRACE=1 "$work/usable-inside" 77 main clean >/dev/null 2>"$work/errors"
expect '^mimalloc: trace: 0x[0-9a-f]+ of 77 bytes was not freed: allocated by$'
expect '^mimalloc: trace: [0-9]+ sampled blocks were not freed$'

env LD_PRELOAD="$DEBUG_SO" "$work/usable-inside" 77 main clean >/dev/null 2>"$work/errors"
if [ -s "$work/errors" ]; then
    echo "FAIL: said without being asked"
    failed=1
fi
exit $failed
