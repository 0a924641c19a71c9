#!/bin/sh
# SPDX-License-Identifier: MIT
# The stress programs that know only the C library's names, and those of the mi_* interface, under
# each shared library that is built; the address space limits under the override library.
set -eu
skip() {
    echo "SKIP: $*"
    exit 77
}
[ -n "${OVERRIDE_SO:-}" ] || skip "the override library is not built"
case " ${CFLAGS:-} " in
*" -fsanitize"*) skip "a sanitizer serves malloc itself: $CFLAGS" ;;
esac
cd "$top_builddir/tests"
failed=0

# run LIBRARY PROGRAM [ARGUMENT...]
run() {
    library=$1
    shift
    echo "== $(basename "$library"): $*"
    # by way of env: only the program is preloaded
    env LD_PRELOAD="$library" "$@" || {
        echo "FAIL: LD_PRELOAD=$library $* (status $?)"
        failed=1
    }
}

run "$OVERRIDE_SO" stress/stress-libc
run "$OVERRIDE_SO" stress/ops-libc
run "$OVERRIDE_SO" stress/memory-libc
run "$OVERRIDE_SO" fault/limits-libc
# The mi_* calls of these bind to the preloaded library too.
run "$OVERRIDE_SO" stress/ops 11 10000
for library in "${DEBUG_SO:-}" "${SECURE_SO:-}"; do
    [ -n "$library" ] || continue
    run "$library" stress/stress-libc all 0 5000
    run "$library" stress/stress all 0 5000
    run "$library" stress/ops-libc 21 10000
    run "$library" stress/ops 22 10000
done
exit $failed
