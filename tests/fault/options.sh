#!/bin/sh
# SPDX-License-Identifier: MIT
# What the options of the debug library change in what it detects: MIMALLOC_CHECK_ORIGIN=0 looks at no
# origin, MIMALLOC_SECURE_LEVEL=1 is the light level of the secure library, with patterns.
set -eu
# shellcheck source=tests/fault/debug.sh
. "${top_srcdir:?}/tests/fault/debug.sh"

# expect STATUS PATTERN NAME SIZE [VARIABLE=VALUE ...]: the status of the program under the library, and
# what it says; no pattern: nothing.
expect() {
    wanted=$1 pattern=$2 name=$3 size=$4 status=0
    shift 4
    { env "$@" LD_PRELOAD="$DEBUG_SO" "$work/$name" "$size" >/dev/null 2>"$work/errors"; } 2>/dev/null || status=$?
    if [ "$status" != "$wanted" ] || { [ -n "$pattern" ] && ! grep -Eq "$pattern" "$work/errors"; } ||
        { [ -z "$pattern" ] && [ -s "$work/errors" ]; }; then
        echo "FAIL: $name $size $*: status $status, not $wanted, '$pattern' in:"
        cat "$work/errors"
        failed=1
    fi
}

for name in double-free overflow-1 overflow-shrunk write-after-free free-inside underflow-1; do
    compile "$name"
done
light=MIMALLOC_SECURE_LEVEL=1
for size in 8 4096 262144; do
    expect 134 'free: pointer .*: (freed already|not from this allocator, or freed already)$' double-free "$size" $light
    expect 134 'free: pointer .*: written past its end$' overflow-1 "$size" $light
    expect 134 'free: pointer .*: written past its end$' overflow-shrunk "$size" $light
    expect 134 'free: pointer .*: not (the start of a block|from this allocator, or freed already)$' free-inside "$size" $light
done
for size in 8 4096; do
    expect 3 '' write-after-free "$size" $light
    expect 3 '' underflow-1 "$size" $light
done

can_cxx=no
for name in delete-array delete-malloc free-new free-sized-new; do
    [ -n "$CXX" ] || break
    # shellcheck disable=SC2086
    $CXX $CPPFLAGS $CXXFLAGS -std=gnu++17 -fsized-deallocation -O1 -w -fno-builtin $LDFLAGS \
        -o "$work/$name" "$top_srcdir/tests/fault/programs/$name.cc" -lpthread -ldl 2>/dev/null || continue
    can_cxx=yes
    expect 134 'allocated by' "$name" 100
    expect 134 'allocated by' "$name" 100 MIMALLOC_CHECK_ORIGIN=1
    expect 3 '' "$name" 100 MIMALLOC_CHECK_ORIGIN=0
done
[ $can_cxx = yes ] || echo "no C++ compiler: without MIMALLOC_CHECK_ORIGIN"
exit $failed
