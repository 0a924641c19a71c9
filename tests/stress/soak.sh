#!/bin/sh
# SPDX-License-Identifier: MIT
# A moment of the soak: it works, verifies, and memory neither is too much nor rises by a quarter.
# How long it should run is said by make soak.  Then the same with a leak, which it must find.
: "${top_builddir:?}"
soak=$top_builddir/tests/stress/soak
"$soak" 8 1 || exit 1
case " ${CFLAGS:-} " in *" -fsanitize"*) exit 0 ;; esac
[ -z "${OVERRIDE_SO:-}" ] || env LD_PRELOAD="$OVERRIDE_SO" "$soak-libc" 8 2 || exit 1
[ -z "${TEST_EMULATED:-}" ] || exit 0
if said=$("$soak" 4 3 2 2>&1); then
    echo "FAIL: every other block is lost, and the soak says: $said"
    exit 1
fi
case $said in *"too much is resident"* | *"memory rises"*) ;;
*)
    echo "FAIL: the soak fails for another reason: $said"
    exit 1
    ;;
esac
