#!/bin/sh
# SPDX-License-Identifier: MIT
# The suites that cases.txt points at find faults, too: programs that know nothing of this library run
# over the C library's malloc with a fault planted (plugins/planted.c), and more of it must fail than
# without.  Part of make check-reliability-planted.
set -u
: "${top_srcdir:?}" "${top_builddir:?}" "${CC:=cc}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# No core files, where the shell can say so.
# shellcheck disable=SC3045
ulimit -c 0 2>/dev/null || :
# Compilers come with arguments.
# shellcheck disable=SC2086
$CC ${CPPFLAGS:-} -O1 -fPIC -shared -pthread -o "$work/planted.so" \
    "$top_srcdir/tests/reliability/plugins/planted.c" -ldl || exit 1
passed=0 failed=0

# failures FAULT PROGRAM: how many rules fail; 1000 where the program does not get to its end.
failures() {
    timeout 300 env PLANTED="$1" LD_PRELOAD="$work/planted.so" "$top_builddir/tests/$2" >"$work/out" 2>&1
    status=$?
    count=$(grep -ac ':[FE]:' "$work/out")
    [ $status = 0 ] || [ "$count" != 0 ] || count=1000
    echo "$count"
}

# finds PROGRAM FAULT...
finds() {
    program=$1
    shift
    before=$(failures none "$program")
    for fault in "$@"; do
        now=$(failures "$fault" "$program")
        if [ "$now" -gt "$before" ]; then
            passed=$((passed + 1))
            echo "$program: $fault found ($before failures without, $now with it)"
        else
            failed=$((failed + 1))
            echo "FAIL: $program: $fault not found"
        fi
    done
}
finds conformance/c-unmodified errno dirty twice fail leak
if [ -x "$top_builddir/tests/conformance/cxx-unmodified" ]; then
    finds conformance/cxx-unmodified errno fail
else
    echo "not built, and so not tried: conformance/cxx-unmodified"
fi
finds stress/ops-libc errno dirty twice fail
finds stress/stress-libc twice fail leak
echo "planted suites: $passed passed, $failed failed"
[ $failed = 0 ]
