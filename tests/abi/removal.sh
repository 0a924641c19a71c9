#!/bin/sh
# SPDX-License-Identifier: MIT
# What guards the interface is itself tried: a name taken out of the map, of a header, of the override,
# a name too many, a version on malloc or none on mi_*, each planted in a copy, makes exports.sh fail
# and say so.
set -eu
# shellcheck source=tests/abi/common.sh
. "$top_srcdir/tests/abi/common.sh"
[ -n "$PLAIN_SO" ] || skip "no shared library"
[ -e "$top_builddir/lib/plain.map" ] || skip "no version scripts"
case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer exports names of its own" ;;
esac

# link_anew LIBRARY OBJECTS MAP: into $work
link_anew() {
    # Words on purpose.
    # shellcheck disable=SC2046,SC2086
    $compile $LDFLAGS -shared -o "$work/${1##*/}" -Wl,-soname,"${1##*/}" \
        $(find "$top_builddir/lib" -path "*/.libs/$2-*.o" | sort) \
        -Wl,--version-script="$3" -lpthread -ldl
}

# guard HEADERS PLAIN OVERRIDE: exports.sh in a copy of the tree with these
guard() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/tests"
    ln -s "$abi" "$work/tree/tests/abi"
    ln -s "$1" "$work/tree/include"
    ln -s "$top_srcdir/lib" "$work/tree/lib"
    top_srcdir=$work/tree PLAIN_SO=$2 OVERRIDE_SO=$3 DEBUG_SO='' SECURE_SO='' STATIC_LIB='' \
        OVERRIDE_OBJECT='' sh "$work/tree/tests/abi/exports.sh" >"$work/said" 2>&1
}

# caught WHAT MESSAGE
caught() {
    status=0
    guard "$headers" "$plain" "$override" || status=$?
    if [ $status != 1 ] || ! grep -q -e "$2" "$work/said"; then
        sed 's/^/    /' "$work/said"
        fail "$1: status $status, and not '$2'"
    else
        echo "caught: $1"
    fi
}

headers=$top_srcdir/include plain=$PLAIN_SO override=$OVERRIDE_SO
guard "$headers" "$plain" "$override" || {
    cat "$work/said"
    fail "the libraries as they are"
}

# plant_map WHAT MAP SED-SCRIPT: a changed copy of a map in $work/map
plant_map() {
    sed "$3" "$2" >"$work/map"
    ! cmp -s "$2" "$work/map" || fail "the test itself: nothing to change for $1"
}
plain_map=$top_builddir/lib/plain.map
plant_map "a name less" "$plain_map" 's/^    local:/&\n        mi_strdup;/'
link_anew "$PLAIN_SO" libmimalloc_la "$work/map"
plain=$work/${PLAIN_SO##*/}
caught "mi_strdup taken out of the map" 'missing: mi_strdup$'

plant_map "a name more" "$plain_map" 's/mi_\*;/mi_*; *_planted;/'
echo 'void mip_planted(void); void mip_planted(void) {}' >"$work/planted.c"
# shellcheck disable=SC2086
$compile -fPIC -c -o "$work/planted.o" "$work/planted.c"
LDFLAGS="$LDFLAGS $work/planted.o" link_anew "$PLAIN_SO" libmimalloc_la "$work/map"
caught "an internal name exported" 'not expected: mip_planted$'

plant_map "another node" "$plain_map" 's/MIMALLOC_10\.0/MIMALLOC_10.1/'
link_anew "$PLAIN_SO" libmimalloc_la "$work/map"
caught "mi_* under another node" 'missing: mi_free@@MIMALLOC_10.0$'
plain=$PLAIN_SO

if [ -n "$OVERRIDE_SO" ]; then
    override_map=$top_builddir/lib/override.map
    override=$work/${OVERRIDE_SO##*/}
    plant_map "malloc hidden" "$override_map" 's/^    local:/&\n        malloc;/'
    link_anew "$OVERRIDE_SO" libmimalloc_override_la "$work/map"
    caught "malloc made local" 'missing: malloc$'
    plant_map "malloc versioned" "$override_map" 's/mi_\*;/mi_*; malloc;/'
    link_anew "$OVERRIDE_SO" libmimalloc_override_la "$work/map"
    caught "malloc with a version" 'a version on what must have none'
    override=$OVERRIDE_SO
fi

headers=$work/include
cp -R "$top_srcdir/include" "$headers"
chmod -R u+w "$headers"
sed '/^MI_\(EXPORT\|RESULT\).*mi_strdup(/d' "$top_srcdir/include/mimalloc.h" >"$headers/mimalloc.h"
caught "mi_strdup taken out of the header" 'missing: mi_strdup$'
exit $failed
