#!/bin/sh
# SPDX-License-Identifier: MIT
# Properties of the files as built: what they need, no text relocations, no executable stack, no
# search path, never unloaded, thread-local storage that fits beside others, no compiler's intermediate
# form in archive and object; and in these and the launcher no instruction above the architecture's
# baseline.
set -eu
# shellcheck source=tests/abi/common.sh
. "$top_srcdir/tests/abi/common.sh"
command -v readelf >/dev/null || skip "readelf (binutils) is not installed"

# shellcheck source=tests/abi/instructions.sh
. "$abi/instructions.sh"

case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer adds what it needs" ;;
esac

# configured NAME: as configure found it.
configured() {
    sed -n "s/^$1='\(.*\)'\$/\1/p" "$top_builddir/config.log" | tail -n 1
}

machine=$(configured host_cpu)
needed='libc|libpthread|libdl|libatomic|ld-linux[-a-z0-9_]*|ld64|libc\.musl-.*'
case $machine in
arm*) needed="$needed|libgcc_s" ;; # by the tables through which exceptions pass
esac

# check_shared LIBRARY
check_shared() {
    [ -n "$1" ] || return 0
    name=${1##*/}
    readelf -dW "$1" >"$work/dynamic"
    readelf -lW "$1" >"$work/segments"
    if sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' "$work/dynamic" |
        grep -Ev "^($needed)\.so"; then
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

# Instructions that not every machine of the architecture has, unless the compiler is made for later ones
# or is told so.
case $machine in
x86_64) baseline=x86-64 ;;
i?86) baseline=i386 ;;
aarch64) baseline=arm64 ;;
arm*) baseline=armhf ;;
powerpc64le) baseline=ppc64el ;;
riscv64 | s390x) baseline=$machine ;;
*) baseline= ;;
esac
objdump=$(configured OBJDUMP)
# A command and its flags, as words.
# shellcheck disable=SC2086
if [ -z "$baseline" ]; then
    echo "note: instructions are not judged on $machine"
elif ! command -v "$objdump" >/dev/null; then
    echo "note: instructions are not judged without objdump"
elif found_later "$baseline" "$objdump" $compile; then
    echo "note: instructions are not judged: the compiler writes the above by itself"
else
    launcher=
    [ -z "$OVERRIDE_SO" ] || launcher=${MIMALLOC_RUN-}
    for file in $PLAIN_SO $OVERRIDE_SO $DEBUG_SO $SECURE_SO $STATIC_LIB $OVERRIDE_OBJECT $launcher; do
        instructions "$baseline" "$objdump" "$file" >"$work/instructions"
        # An archive of the compiler's intermediate code alone has none.
        if [ "$file" = "$STATIC_LIB" ] && readelf -SW "$file" 2>/dev/null | grep -q 'gnu\.lto_'; then
            sed -i '/instructions were read$/d' "$work/instructions"
        fi
        if [ -s "$work/instructions" ]; then
            head -n 5 "$work/instructions"
            fail "${file##*/} has instructions above the baseline"
        fi
    done
fi
exit $failed
