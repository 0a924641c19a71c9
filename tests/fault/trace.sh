#!/bin/sh
# SPDX-License-Identifier: MIT
# MIMALLOC_TRACE of the debug library: the line of a fault follows the calls that allocated and freed
# the block, in a form that addr2line takes; at exit sampled blocks that were not freed are told.
set -eu
# shellcheck source=tests/fault/debug.sh
. "${top_srcdir:?}/tests/fault/debug.sh"
printf '#include <execinfo.h>\n' | $CC -E - >/dev/null 2>&1 || skip "the C library has no backtrace"

# Link-time optimization of the program would hide its lines.
case " $CFLAGS " in
*" -flto"*) own=-fno-lto ;;
*) own= ;;
esac
for name in double-free free-inside usable-inside; do
    compile "$name" -g ${own:+"$own"}
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

# So do the statistics, by class, and only where something is left.
sed 's/return p == NULL;/free((char *)p - 1);/' "$work/leak.c" >"$work/none.c"
# shellcheck disable=SC2086
$CC $CPPFLAGS $CFLAGS -O0 -g -w $own -fno-builtin $LDFLAGS -o "$work/none" "$work/none.c"
env LD_PRELOAD="$DEBUG_SO" MIMALLOC_STATS=1 MIMALLOC_STATS_DETAIL=1 "$work/leak" 2>"$work/errors"
expect '^ normal  *7: .* 128 b  not all freed$'
expect '^ *malloc requested: '
env LD_PRELOAD="$DEBUG_SO" MIMALLOC_STATS=1 MIMALLOC_STATS_DETAIL=1 "$work/none" 2>"$work/errors"
expect '^ *malloc requested: '
! grep -q ' not all freed' "$work/errors" || { echo "FAIL: told without a leak:" && cat "$work/errors" && failed=1; }

# Blocks that come and go later take no place from those that are lost; of more than can be noted at once
# the number is told.
cat >"$work/many.c" <<'END'
#include <stdlib.h>
static void *volatile lost;
static void *kept[400000];
int main(int argc, char **argv) {
    int count = atoi(argv[argc - 1]);
    for (int i = 0; i < 40; i++)
        lost = malloc(1000);
    for (int i = 0; i < count; i++)
        kept[i] = malloc(48);
    for (int i = 0; i < count; i++)
        free(kept[i]);
    return lost == NULL;
}
END
# Words on purpose.
# shellcheck disable=SC2086
$CC $CPPFLAGS $CFLAGS -O0 -g -w $own -fno-builtin $LDFLAGS -o "$work/many" "$work/many.c"
# expect_lost COUNT: all of the 40 and no block of 48 bytes.
expect_lost() {
    env LD_PRELOAD="$DEBUG_SO" MIMALLOC_TRACE=1 "$work/many" "$1" >/dev/null 2>"$work/errors"
    told=$(grep -c '^mimalloc: trace: 0x[0-9a-f]* of 1000 bytes was not freed: allocated by$' "$work/errors") || :
    [ "$told" = 40 ] || { echo "FAIL: beside $1 blocks $told of 40 lost ones are told" && failed=1; }
    ! grep -q 'of 48 bytes' "$work/errors" || { echo "FAIL: beside $1 blocks freed ones are told" && failed=1; }
}
expect_lost 50000
expect_lost 400000
expect '^mimalloc: trace: of [0-9]{6} more nothing is known: too many were in use$'

env LD_PRELOAD="$DEBUG_SO" "$work/usable-inside" 77 main clean >/dev/null 2>"$work/errors"
if [ -s "$work/errors" ]; then
    echo "FAIL: said without being asked"
    failed=1
fi
exit $failed
