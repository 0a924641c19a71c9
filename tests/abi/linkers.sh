#!/bin/sh
# SPDX-License-Identifier: MIT
# malloc is served by the override library, whichever linker made the library and the program:
# linkers differ in what a version map keeps.  Linked anew here from the objects of the build.
# The words of $objects, $compile and $LDFLAGS are meant as such.
# shellcheck disable=SC2086
set -eu
# shellcheck source=tests/abi/common.sh
. "$top_srcdir/tests/abi/common.sh"
[ -n "$OVERRIDE_SO" ] || skip "the override library is not built"
case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer brings its own malloc" ;;
esac

soname=${OVERRIDE_SO##*/}
map=$top_builddir/lib/override.map
[ -e "$map" ] || skip "no version scripts"
objects=$(find "$top_builddir/lib" -path '*/.libs/libmimalloc_override_la-*.o' | sort)

$compile -g -O1 -fno-builtin -I"$top_srcdir/include" -c -o "$work/served.o" "$abi/served.c"
$compile -g -O1 -fno-builtin -c -o "$work/foreign.o" "$abi/foreign.c"

tried=0
for linker in bfd gold lld; do
    echo 'int main(void) { return 0; }' >"$work/empty.c"
    if ! $compile $LDFLAGS -fuse-ld=$linker -o "$work/empty" "$work/empty.c" 2>/dev/null; then
        echo "note: $linker is not installed"
        continue
    fi
    tried=$((tried + 1))
    mkdir -p "$work/$linker"
    $compile $LDFLAGS -shared -fuse-ld=$linker -o "$work/$linker/$soname" $objects \
        -Wl,-soname,"$soname" -Wl,-z,defs -Wl,--version-script="$map" -lpthread -ldl
    exported "$work/$linker/$soname" >"$work/exported"
    golden "$abi/public.symbols" "$abi/undeclared.symbols" "$abi/override.symbols" >"$work/all"
    same "$linker: exports" "$work/all" "$work/exported"

    # Linked with the library, kept although nothing else is needed of it.
    $compile $LDFLAGS -fuse-ld=$linker -o "$work/linked" "$work/served.o" -Wl,--push-state,--no-as-needed \
        "$work/$linker/$soname" -Wl,--pop-state -ldl
    LD_LIBRARY_PATH=$work/$linker "$work/linked" "$soname" || fail "$linker: linked program"

    # Preloaded into a program that knows nothing of it.
    $compile $LDFLAGS -fuse-ld=$linker -o "$work/foreign" "$work/foreign.o" -ldl
    LD_PRELOAD=$work/$linker/$soname "$work/foreign" "$soname" || fail "$linker: preloaded"
    ! "$work/foreign" "$soname" 2>/dev/null || fail "the test itself: true without a preload"
done
[ $tried -gt 0 ] || skip "the compiler knows none of bfd, gold, lld"
echo "$tried linkers"
exit $failed
