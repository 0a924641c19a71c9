#!/bin/sh
# SPDX-License-Identifier: MIT
# Linked with -Bsymbolic-functions, which whole distributions do, the libraries still know which of
# them serves: the test of the environment, on libraries linked anew from the objects of the build.
set -eu
# shellcheck source=tests/abi/common.sh
. "$top_srcdir/tests/abi/common.sh"
[ -n "$PLAIN_SO" ] || skip "no shared library"
[ -n "$OVERRIDE_SO" ] || skip "the override library is not built"
case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer brings its own malloc" ;;
esac
[ -e "$top_builddir/lib/override.map" ] || skip "no version scripts"

flag=-Wl,-Bsymbolic-functions
echo 'int probe; int other(void) { return probe; }' >"$work/empty.c"
# Words on purpose.
# shellcheck disable=SC2086
$compile $LDFLAGS -fPIC -shared $flag -o "$work/empty.so" "$work/empty.c" 2>/dev/null ||
    skip "the linker does not know -Bsymbolic-functions"

# link_anew LIBRARY OBJECTS MAP
link_anew() {
    [ -n "$1" ] || return 0
    # shellcheck disable=SC2046,SC2086
    $compile $LDFLAGS -shared $flag -o "$work/${1##*/}" -Wl,-soname,"${1##*/}" \
        $(find "$top_builddir/lib" -path "*/.libs/$2-*.o" | sort) \
        -Wl,--version-script="$top_builddir/lib/$3.map" -lpthread -ldl
}
# anew LIBRARY: its new name, or nothing.
anew() {
    [ -z "$1" ] || echo "$work/${1##*/}"
}
link_anew "$PLAIN_SO" libmimalloc_la plain
link_anew "$OVERRIDE_SO" libmimalloc_override_la override
link_anew "$DEBUG_SO" libmimalloc_debug_la override

# shellcheck disable=SC2086
$compile $LDFLAGS -I"$top_srcdir/include" -o "$work/probe" "$top_srcdir/tests/api/probe.c" \
    "$(anew "$PLAIN_SO")" -Wl,-rpath,"$work"
PROBE=$work/probe PLAIN_SO=$(anew "$PLAIN_SO") STATIC_LIB='' \
    OVERRIDE_SO=$(anew "$OVERRIDE_SO") DEBUG_SO=$(anew "$DEBUG_SO") \
    sh "$top_srcdir/tests/api/environment.sh" || fail "-Bsymbolic-functions"
exit $failed
