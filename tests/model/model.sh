#!/bin/sh
# SPDX-License-Identifier: MIT
# The protocols in all orders with one preemption; and the enumerator finds each fault planted.
set -u
: "${top_builddir:?}"
model=$top_builddir/tests/model/model
case " ${CFLAGS:-} " in
*" -fsanitize"*)
    echo "SKIP: a sanitizer does not follow contexts: $CFLAGS"
    exit 77
    ;;
esac
[ "$(uname -s)" = Linux ] || {
    echo "SKIP: processes are copied as Linux does it"
    exit 77
}
[ -x "$model" ] || {
    echo "SKIP: the C library has no contexts (makecontext), so the model was not built"
    exit 77
}
failed=0
"$model" -l 1 || failed=1

# finds FAULT PREEMPTIONS CASE
finds() {
    if "$model" -p "$1" "$2" "$3"; then
        echo "FAIL: the fault $1 is not found by $3"
        failed=1
    fi
}
finds cas 1 messages
finds cas 1 ending
finds cas 1 made-heap
finds lock 2 claiming
finds or 1 slices
exit $failed
