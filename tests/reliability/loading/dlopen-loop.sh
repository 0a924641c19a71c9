# SPDX-License-Identifier: MIT
# needs: loading/dlopen-loop.c
# The case is not preloaded: it loads the column's library itself.
. "$top_srcdir/tests/reliability/common.sh"
[ "$CASE_COLUMN" != glibc ] || skip "the C library is not loaded with dlopen"
case ${1-}/$CASE_COLUMN in
plain/linked | plain/preload | plain/debug | plain/secure) ;;
plain/*) skip "about our plain library" ;;
esac
"$CASE_DIR/loading/dlopen-loop" "$@"
