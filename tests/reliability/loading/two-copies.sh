# SPDX-License-Identifier: MIT
# needs: start/small.c
# A program that contains the override object, or the plain library, is run under the launcher's
# library: two copies in one process.
. "$top_srcdir/tests/reliability/common.sh"
case $CASE_COLUMN in linked | preload | debug | secure) ;; *) skip "about our own copies" ;; esac
[ -n "${OVERRIDE_OBJECT:-}" ] || skip "the override object is not built"
source=$top_srcdir/tests/reliability/start/small.c
# Compilers come with arguments.
# shellcheck disable=SC2086
$CC $CFLAGS -std=gnu11 -fno-builtin -rdynamic -I"$top_srcdir/tests/reliability" -o "$tmp/object" \
    "$OVERRIDE_OBJECT" "$source" -lpthread -ldl || fail "does not link"
for program in "$tmp/object" "$CASE_DIR/start/small"; do
    said=$(env LD_PRELOAD="$CASE_LIBRARY" "$program" 2>&1) || fail "status $?: $said"
    [ "$said" = worked ] || fail "says: $said"
    [ -n "$CASE_PLAIN" ] || continue
    said=$(env LD_PRELOAD="$CASE_LIBRARY $CASE_PLAIN" "$program" 2>&1) ||
        fail "with the plain library too: status $?: $said"
    [ "$said" = worked ] || fail "with the plain library too: says: $said"
    # In the other order the plain one has the mi_ names, and the other one malloc.
    said=$(env LD_PRELOAD="$CASE_PLAIN $CASE_LIBRARY" CASE_COLUMN=any "$program" 2>&1) ||
        fail "after the plain library: status $?: $said"
    [ "$said" = worked ] || fail "after the plain library: says: $said"
done
