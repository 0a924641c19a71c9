# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by the tests that run programs of programs/ under the debug library.
: "${top_srcdir:?}" "${CC:=cc}" "${CXX:=}" "${CPPFLAGS:=}" "${CFLAGS:=}" "${CXXFLAGS:=}" "${LDFLAGS:=}" "${DEBUG_SO:=}"

skip() {
    echo "SKIP: $*"
    exit 77
}

[ -n "$DEBUG_SO" ] || skip "the debug library is not built"
case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer serves malloc itself: $CFLAGS" ;;
esac
[ -z "${TEST_EMULATED:-}" ] || skip "signals of an emulator are its own, and it does not show the calls of a program as they are"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ulimit -c 0 # a fault that is met leaves no core file behind
failed=0

# compile NAME FLAG...: a program
compile() {
    name=$1
    shift
    # Words on purpose.
    # shellcheck disable=SC2086
    $CC $CPPFLAGS $CFLAGS -std=gnu11 -O1 -w -fno-builtin "$@" $LDFLAGS -o "$work/$name" \
        "$top_srcdir/tests/fault/programs/$name.c" -lpthread -ldl
}
