#!/bin/sh
# SPDX-License-Identifier: MIT
# gdb in batch: a backtrace of a small program, which is served as well.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need gdb gdb
need gcc gcc
gcc -g -O0 -o "$WORK/list" "$HERE/inputs/list.c"
cat >"$WORK/commands" <<'END'
set pagination off
set width 0
set startup-with-shell off
set disable-randomization off
break reached
run
backtrace
up
print *node
print *node->next
print node->next->next == 0
info args
print (unsigned long)malloc_usable_size((void *)node) >= sizeof(*node)
print (char *)malloc(1000) != 0
finish
continue
END
gdb -nx -batch -ex 'set startup-with-shell off' -ex 'set disable-randomization off' -ex run \
    "$WORK/list" >"$WORK/trial" 2>&1 || :
grep -q 'exited normally' "$WORK/trial" || {
    show "$WORK/trial"
    skip "this machine lets nobody trace a process"
}
# Where gdb does not know how the processor's registers are stored, it cannot call functions.
gdb -nx -batch -ex 'set startup-with-shell off' -ex 'set disable-randomization off' -ex 'break reached' \
    -ex run -ex 'print (char *)malloc(10) != 0' "$WORK/list" >"$WORK/trial" 2>&1 || :
if ! grep -q '^[$]1 = 1$' "$WORK/trial"; then
    show "$WORK/trial"
    skip "gdb cannot call functions of a process on this machine"
fi
# The number of a process and the messages of the thread library differ.
tidy() {
    sed -e '/^\[Inferior/d' -e '/^\[Thread debugging/d' -e '/^Using host libthread_db/d' \
        -e 's/0x[0-9a-f]*/ADDRESS/g' "$WORK/$1.out" >"$WORK/$1.kept"
    mv "$WORK/$1.kept" "$WORK/$1.out"
}
compare_runs gdb -nx -batch -x "$WORK/commands" "$WORK/list"
assert_served 2
grep -q '^#2 .* main ' "$WORK/served.out" || fail "no backtrace down to main"
compare_quiet gdb -nx -batch -x "$WORK/commands" "$WORK/list"
compare_variants gdb -nx -batch -x "$WORK/commands" "$WORK/list"

capture served "$MIMALLOC_RUN" gdb -nx -batch -ex 'set startup-with-shell off' \
    -ex 'set disable-randomization off' -ex 'break reached' -ex run -ex 'info symbol malloc' \
    -ex continue "$WORK/list"
grep -q ' in section .text of .*libmimalloc-' "$WORK/served.out" || {
    show "$WORK/served.out"
    fail "in the program that is debugged, malloc is not ours"
}
assert_bound gdb -nx -batch -ex 'print 6 * 7'
finish
