#!/bin/sh
# SPDX-License-Identifier: MIT
# Two seconds of the soak: it works, and verifies.  How long it should run is said by make soak.
: "${top_builddir:?}"
"$top_builddir/tests/stress/soak" 2 1 || exit 1
case " ${CFLAGS:-} " in *" -fsanitize"*) exit 0 ;; esac
[ -z "${OVERRIDE_SO:-}" ] || env LD_PRELOAD="$OVERRIDE_SO" "$top_builddir/tests/stress/soak-libc" 1 2
