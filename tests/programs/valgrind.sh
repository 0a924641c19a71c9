#!/bin/sh
# SPDX-License-Identifier: MIT
# valgrind: memcheck puts its own malloc in the place of every other, ours included, so under
# mimalloc-run it finds what it finds without: no error in a correct program, and each fault of a
# faulty one.  Asked to leave malloc alone, it runs ours.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need valgrind valgrind
need gcc gcc
gcc -g -O0 -fno-builtin -o "$WORK/list" "$HERE/inputs/list.c"
unset VALGRIND_OPTS
# no_faults LABEL: what memcheck counted in the last run.
no_faults() {
    grep -q 'ERROR SUMMARY: 0 errors' "$WORK/$1.err" || {
        show "$WORK/$1.err"
        fail "valgrind sees errors ($1)"
    }
}
# finds LABEL PATTERN
finds() {
    grep -q "$2" "$WORK/$1.err" || {
        show "$WORK/$1.err"
        fail "valgrind does not find: $2 ($1)"
    }
}

capture plain valgrind --leak-check=full --error-exitcode=9 "$WORK/list"
[ "$STATUS" -eq 0 ] || skip "valgrind does not work here: $(tail -n 1 "$WORK/plain.err")"
capture served "$MIMALLOC_RUN" valgrind --leak-check=full --error-exitcode=9 "$WORK/list"
[ "$STATUS" -eq 0 ] || {
    show "$WORK/served.err"
    fail "memcheck under mimalloc-run exits $STATUS"
}
cmp "$WORK/plain.out" "$WORK/served.out" || fail "the program under memcheck writes something else"
no_faults served
finds served 'no leaks are possible'
# It replaced malloc: it counted the two thousand blocks of the program itself.
allocs=$(sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' "$WORK/served.err" | tr -d ,)
[ "${allocs:-0}" -ge 2002 ] || fail "memcheck counts ${allocs:-no} blocks of 2002"
if grep -v '^==[0-9]*==' "$WORK/served.err" >"$WORK/difference"; then
    show "$WORK/difference"
    fail "something else than valgrind writes to the error stream"
fi

capture served "$MIMALLOC_RUN" valgrind --error-exitcode=9 "$WORK/list" past
[ "$STATUS" -eq 9 ] || fail "memcheck under mimalloc-run does not see a write past a block"
finds served 'Invalid write of size 1'
capture served "$MIMALLOC_RUN" valgrind --leak-check=full --error-exitcode=9 "$WORK/list" leak
finds served 'definitely lost: 40 bytes in 1 blocks'

# Without a replacement our library serves on valgrind's processor.
capture served env MIMALLOC_VERBOSE=1 "$MIMALLOC_RUN" valgrind --tool=none "$WORK/list"
split_said served
assert_served
cmp "$WORK/plain.out" "$WORK/served.out" || fail "the program under --tool=none writes something else"
[ "$STATUS" -eq 0 ] || fail "under --tool=none the program exits $STATUS"
for variant in debug secure; do
    case $variant in
    debug) library=${DEBUG_SO:-} ;;
    *) library=${SECURE_SO:-} ;;
    esac
    [ -n "$library" ] || continue
    capture "$variant" "$MIMALLOC_RUN" "--$variant" valgrind --error-exitcode=9 "$WORK/list"
    [ "$STATUS" -eq 0 ] || {
        show "$WORK/$variant.err"
        fail "memcheck with the $variant library exits $STATUS"
    }
    no_faults "$variant"
done
finish
