#!/bin/sh
# SPDX-License-Identifier: MIT
# The protocols in all orders with one preemption, the smallest cases in all orders (of all steps, or
# of those that are not loads); and the enumerator finds each fault planted.
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
"$model" -l 1 messages ending batches chains claiming made-heap slices || failed=1
"$model" 1 evicting chains-ending claiming-batches || failed=1
"$model" -l 2 neighbours || failed=1
"$model" -l all push-and-drain lows || failed=1
"$model" all second-push push-and-park two-takes || failed=1

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
finds cas 1 batches
finds cas 1 evicting
finds cas all second-push
finds cas all push-and-park
finds lock all two-takes
finds lock 2 claiming
finds or 1 slices
exit $failed
