# SPDX-License-Identifier: MIT
# needs: start/small.c
# A program that uses little is small: at most 3 MiB more is resident than without us (in 1.5 times
# the room that the C library needs for the same work).
. "$top_srcdir/tests/reliability/common.sh"
ours=$(served "$CASE_BIN/start/small" resident) || fail "does not run"
plain=$(CASE_COLUMN=glibc "$CASE_DIR/start/small" resident)
[ "$ours" -le $((plain + 3072)) ] || fail "$ours KiB resident, $plain without"
