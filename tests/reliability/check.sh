#!/bin/sh
# SPDX-License-Identifier: MIT
# The quick cases: programs linked with the override library, and programs that know nothing with it
# or the debug library preloaded.  Where everything is built with the thread sanitizer, the cases of
# several threads, by the names of the plain library; without those that fork (it takes a thread of
# the child for one of the parent's), start thousands, change stacks, or limit the memory that the
# sanitizer itself needs.
: "${top_srcdir:?}"
# Packages are built on machines that do much else at the same time.
RELIABILITY_PATIENCE=${RELIABILITY_PATIENCE:-10}
export RELIABILITY_PATIENCE
run=$top_srcdir/tests/reliability/run.sh
case " ${CFLAGS:-} " in
*" -fsanitize=thread "*)
    exec sh "$run" --columns sanitized C12 C13 C14b D1 D3 D4 D5 D8a D8b D9 D10 D13 D17 E6a \
        F16 H8 H9 A6
    ;;
esac
sh "$run" --columns "linked preload ${DEBUG_SO:+debug}" || exit
# And with delays in the midst of all.  This is no part of the make that runs the tests.
(cd "${top_builddir:?}" && MAKEFLAGS='' "${MAKE:-make}" -s -j2 tests/reliability/libdelayed.la) >&2 || exit
exec sh "$run" --columns delayed C1 C3 C4 C7 C8 D1 D8a D8b D10 E3c H8 H9
