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
# Link-time optimization of the program would hide its lines.
case " $CFLAGS " in
*" -flto"*) own=-fno-lto ;;
*) own= ;;
esac
for name in double-free free-inside usable-inside; do
    # Words on purpose.
    # shellcheck disable=SC2086
    $CC $CPPFLAGS $CFLAGS -O1 -g -w $own -fno-builtin $LDFLAGS -o "$work/$name" \
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

# A pointer into a block: the block's calls.
env LD_PRELOAD="$DEBUG_SO" MIMALLOC_TRACE=1 "$work/free-inside" 100 >/dev/null 2>"$work/errors" || :
expect '^mimalloc: trace: 0x[0-9a-f]+ of 100 bytes was allocated by$'
expect '^mimalloc: fatal: free: pointer 0x[0-9a-f]+, size class 112: not the start of a block$'

# The script of the manual names the function and the line that allocated what is not freed.
cat >"$work/leak.c" <<'END'
#include <stdlib.h>
static __attribute__((noinline)) void *
take_and_forget(void) {
    void *p = malloc(123); /* line 4 */
    return p == NULL ? p : &((char *)p)[1];
}
int main(void) {
    void *volatile p = take_and_forget();
    free(malloc(124));
    return p == NULL;
}
END
# Words on purpose.
# shellcheck disable=SC2086
$CC $CPPFLAGS $CFLAGS -O0 -g -w $own -fno-builtin $LDFLAGS -o "$work/leak" "$work/leak.c"
# The program by a variable of the script's:
# shellcheck disable=SC2016
sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$top_srcdir/man/mimalloc-security.7" | sed -e '1,/^\.Bd/d' -e '/^\.Ed/d' |
    sed -e 's/\\e/\\/g' -e 's|^mimalloc-run --debug --option trace=1 \./a\.out|"$program"|' >"$work/script"
grep -q 'addr2line' "$work/script" || { echo "FAIL: no script in the manual" && failed=1; }
if command -v addr2line >/dev/null; then
    printf '#!/bin/sh\nexec env LD_PRELOAD="%s" MIMALLOC_TRACE=1 "%s"\n' "$DEBUG_SO" "$work/leak" >"$work/served"
    chmod +x "$work/served"
    program=$work/served sh "$work/script" >"$work/errors"
    expect '^mimalloc: trace: 0x[0-9a-f]+ of 123 bytes was not freed: allocated by$'
    expect '^take_and_forget at .*leak\.c:4( |$)'
    expect '^main at .*leak\.c:8( |$)'
    ! grep -q 'of 124 bytes' "$work/errors" || { echo "FAIL: what was freed is told" && failed=1; }
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
