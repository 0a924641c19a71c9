# SPDX-License-Identifier: MIT
# needs: privilege/plain.c
# The counterpart: in a program without privileges the same variable has its effect, so secure.sh
# does not pass because nothing is read at all.
. "$top_srcdir/tests/reliability/common.sh"
case $CASE_COLUMN in
linked | preload | debug | secure | planted) ;;
*) skip "about our options" ;;
esac
MIMALLOC_PURGE_DELAY=77 served "$CASE_BIN/privilege/plain" || exit 1
