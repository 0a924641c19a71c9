#!/bin/sh
# SPDX-License-Identifier: MIT
# Properties of the files as built: what they need, no text relocations, no executable stack, no
# search path, never unloaded, thread-local storage that fits beside others, no instruction above
# the architecture's baseline, no compiler's intermediate form in archive and object.
set -eu
# shellcheck source=tests/abi/common.sh
. "$top_srcdir/tests/abi/common.sh"
command -v readelf >/dev/null || skip "readelf (binutils) is not installed"

case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer adds what it needs" ;;
esac

# check_shared LIBRARY
check_shared() {
    [ -n "$1" ] || return 0
    name=${1##*/}
    readelf -dW "$1" >"$work/dynamic"
    readelf -lW "$1" >"$work/segments"
    if sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' "$work/dynamic" |
        grep -Ev '^(libc|libpthread|libdl|libatomic|ld-linux[-a-z0-9_]*|ld64|libc\.musl-.*)\.so'; then
        fail "$name needs more than the C library"
    fi
    grep -q "SONAME.*\[$name\]" "$work/dynamic" || fail "$name: SONAME is another"
    ! grep -E 'TEXTREL|RPATH|RUNPATH' "$work/dynamic" || fail "$name: the entries above"
    if grep -q 'yes' "$work/probe-nodelete"; then
        grep -q 'NODELETE' "$work/dynamic" || fail "$name can be unloaded"
    fi
    grep -q 'GNU_STACK' "$work/segments" || fail "$name says nothing about its stack"
    ! grep 'GNU_STACK.*E  *0x' "$work/segments" || fail "$name asks for an executable stack"
    # Threads' own words: 16 bytes, so that the plain library can be loaded late.
    tls=$(sed -n 's/^ *TLS  *0x[0-9a-f]* 0x[0-9a-f]* 0x[0-9a-f]* 0x[0-9a-f]* 0x0*\([0-9a-f]*\) .*/\1/p' \
        "$work/segments")
    tls=$((0x${tls:-0}))
    [ "$tls" -le "$2" ] || fail "$name: $tls bytes of thread-local storage, $2 are allowed"
}
sed -n 's/.*mi_cv_ldflag_z_nodelete=//p' "$top_builddir/config.log" | head -n 1 >"$work/probe-nodelete"
check_shared "$PLAIN_SO" 16
check_shared "$OVERRIDE_SO" 64
check_shared "$DEBUG_SO" 64
check_shared "$SECURE_SO" 64

for file in $STATIC_LIB $OVERRIDE_OBJECT; do
    ! readelf -SW "$file" 2>/dev/null | grep -E 'gnu\.lto_' || [ "$file" = "$STATIC_LIB" ] ||
        fail "${file##*/} holds intermediate code of the compiler"
    if readelf -SW "$file" 2>/dev/null | grep 'note.GNU-stack.* [A-Z]*X[A-Z]* '; then
        fail "${file##*/} asks for an executable stack"
    fi
done

# Instructions that not every machine of the architecture has.  (tzcnt runs everywhere as rep bsf.)
case " $CFLAGS " in
*" -march="* | *" -mcpu="* | *" -m"[a-z]*) echo "note: CFLAGS choose a machine: instructions are not judged" ;;
*)
    for file in $PLAIN_SO $OVERRIDE_SO $DEBUG_SO $SECURE_SO; do
        objdump -d --no-show-raw-insn "$file" |
            grep -wE 'rorx|shlx|shrx|sarx|lzcnt|popcnt|andn|bextr|pdep|pext|vmov[a-z]*|ldadd[al]*|cas[al]*|swp[al]*' \
                >"$work/instructions" || :
        if [ -s "$work/instructions" ]; then
            head -n 5 "$work/instructions"
            fail "${file##*/} has instructions above the baseline"
        fi
    done
    ;;
esac
exit $failed
