#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs of the system run as without us, and this allocator says that it serves them.
: "${top_srcdir:?}"
# shellcheck source=tests/override/common.sh
. "$top_srcdir/tests/override/common.sh"

[ -n "$OVERRIDE_SO" ] || skip "the override library is not built"

echo 'int nothing;' >"$work/nothing.c"
# Words on purpose.
# shellcheck disable=SC2086
$CC -shared -fPIC -o "$work/nothing.so" "$work/nothing.c"
[ -z "$(LD_PRELOAD=$work/nothing.so /bin/true 2>&1)" ] ||
    skip "the system's own programs are of another ABI than this build"

# same LIBRARY COMMAND...: equal output and status with and without; nothing on stderr; served.
same() {
    library=$1
    shift
    expected=0
    "$@" >"$work/expected" 2>"$work/expected-errors" || expected=$?
    status=0
    LD_PRELOAD=$library "$@" >"$work/actual" 2>"$work/errors" || status=$?
    if [ $status -ne $expected ] || ! cmp "$work/expected" "$work/actual" ||
        ! cmp "$work/expected-errors" "$work/errors"; then
        head -n 5 "$work/errors"
        fail "${library##*/}: $*: status $status, not $expected, or other output"
    fi
    LD_PRELOAD=$library MIMALLOC_VERBOSE=1 "$@" >/dev/null 2>"$work/errors" || :
    if ! grep -q '^mimalloc: ' "$work/errors"; then
        fail "${library##*/}: $*: not served"
    fi
    echo "ok: $1 with ${library##*/}"
}

for library in "$OVERRIDE_SO" "$DEBUG_SO" "$SECURE_SO"; do
    [ -n "$library" ] || continue
    same "$library" /bin/true
    same "$library" ls -l "$here"
    same "$library" ls /nonexistent
    # The inner shell expands.
    # shellcheck disable=SC2016
    same "$library" sh -c 'for i in 1 2 3; do (echo $i | cat); done; echo "$(ls / | wc -l)"'
    same "$library" sort "$here/host.c"
    if command -v python3 >/dev/null; then
        same "$library" python3 -c 'import json; print(len(json.dumps([str(i) * 9 for i in range(20000)])))'
    fi
done
exit $failed
