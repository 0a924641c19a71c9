#!/bin/sh
# SPDX-License-Identifier: MIT
# The types of the interface, their sizes and members, and what each function takes and returns, are
# those of the stored dump: x86-64.abi (`make abi-dump` writes it anew).  Every library has them.
set -eu
# shellcheck source=tests/abi/common.sh
. "$top_srcdir/tests/abi/common.sh"
[ -n "$PLAIN_SO" ] || skip "no shared library"
command -v abidw >/dev/null || skip "abidw (abigail-tools, libabigail) are not installed"
defines stdlib.h 'defined __x86_64__ && defined __LP64__ && defined __GLIBC__' ||
    skip "the stored dump is of x86-64 and glibc"
case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer exports names of its own" ;;
esac
readelf -SW "$PLAIN_SO" | grep -q '\.debug_info' || skip "built without debug information (-g)"

stored=$abi/x86-64.abi
# is_same DUMP: what is added besides (the C library's names) is exports.sh's business.
is_same() {
    abidiff --no-added-syms --suppressions "$abi/suppressions" "$stored" "$1"
}

for library in $PLAIN_SO $OVERRIDE_SO $DEBUG_SO $SECURE_SO; do
    name=${library##*/}
    "$abi/dump" "$library" "$work/$name.abi"
    is_same "$work/$name.abi" || fail "$name: the interface's types are not those of x86-64.abi"
done

# abidiff passes over what a dump does not have: it has all functions, and the test can fail.
golden "$abi/public.symbols" "$abi/undeclared.symbols" >"$work/public"
sed -n "s/.*<elf-symbol name='\([a-z0-9_]*\)'.*/\1/p" "$stored" | sort >"$work/dumped"
same "x86-64.abi has other names than public.symbols" "$work/public" "$work/dumped"
plant() { # WHAT SED-SCRIPT
    sed "$2" "$work/${PLAIN_SO##*/}.abi" >"$work/planted.abi"
    ! cmp -s "$work/${PLAIN_SO##*/}.abi" "$work/planted.abi" || fail "the test itself: $1 is not there"
    ! is_same "$work/planted.abi" >/dev/null || fail "the test itself: blind to $1"
}
plant "a function less" "/<elf-symbol name='mi_strdup'/d; /<function-decl name='mi_strdup'/,/<.function-decl>/d"
plant "a structure's size" "/class-decl name='mi_heap_area_s' size/s/size-in-bits='[0-9]*'/size-in-bits='4096'/"
plant "an option's number" "s/\(enumerator name='mi_option_pool_commit' value='\)[0-9]*/\1999/"
plant "a parameter less" "/<function-decl name='mi_calloc'/,/<return/{/<parameter/{N;s/\n.*//}}"
exit $failed
