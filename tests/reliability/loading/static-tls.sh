# SPDX-License-Identifier: MIT
# needs: loading/static-tls.c
# As above: the case loads the column's library itself.
. "$top_srcdir/tests/reliability/common.sh"
[ "$CASE_COLUMN" != glibc ] || skip "the C library is not loaded with dlopen"
case ${1-}/$CASE_COLUMN in
plain/linked | plain/preload | plain/debug | plain/secure) ;;
plain/*) skip "about our plain library" ;;
esac
i=0
while [ $i -lt 20 ]; do
    cp "$CASE_DIR/plugin.so" "$tmp/plugin$i.so"
    i=$((i + 1))
done
"$CASE_DIR/loading/static-tls" "$tmp" "$@"
