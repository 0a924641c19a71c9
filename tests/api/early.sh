#!/bin/sh
# SPDX-License-Identifier: MIT
# Options that are needed before the library's constructor has run: the environment, what a program
# sets, and its string mi_options, for programs that allocate in a function of .preinit_array or in
# a constructor of another library.
set -eu

: "${top_srcdir:?}" "${top_builddir:?}"
: "${CC:=cc}" "${CPPFLAGS:=}" "${CFLAGS:=}" "${LDFLAGS:=}" "${PLAIN_SO:=}" "${STATIC_LIB:=}" "${OVERRIDE_SO:=}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

skip() {
    echo "SKIP: $*"
    exit 77
}

fail() {
    echo "FAIL: $*"
    sed 's/^/    | /' "$work/out" "$work/err"
    failed=1
}

# build PROGRAM ARGUMENT...
build() {
    program=$work/$1
    shift
    # shellcheck disable=SC2086
    $CC $CPPFLAGS $CFLAGS $LDFLAGS -fno-builtin -I"$top_srcdir/include" -o "$program" "$@" -pthread 2>"$work/err"
}

# run NAME=VALUE... COMMAND...
run() {
    env -u MIMALLOC_VERBOSE -u MIMALLOC_SHOW_ERRORS -u MIMALLOC_ARENA_RESERVE \
        -u MIMALLOC_PURGE_DELAY "$@" >"$work/out" 2>"$work/err" || fail "status $? of: $*"
}

# value KEY: of the line that the program printed.
value() {
    sed -n "s/.*\\b$1=\\(-*[0-9]*\\).*/\\1/p" "$work/out"
}

# The first arena, in MiB, is what lies between; the tables of the page map come on top.
expect_reserved() {
    reserved=$(value reserved_mib)
    { [ "${reserved:-0}" -ge "$1" ] && [ "$reserved" -lt "$2" ]; } ||
        fail "$3: reserved are $reserved MiB, not $1 to $2"
    [ "$(value segments)" = 1 ] || fail "$3: not one arena"
}

expect_option() {
    [ "$(value "$1")" = "$2" ] || fail "$3: $1 is $(value "$1"), not $2"
}

case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer starts after what runs here" ;;
esac

source=$top_srcdir/tests/api/early.c
library=$STATIC_LIB
[ -z "$PLAIN_SO" ] || library=$PLAIN_SO
build linked "$source" ${library:+"$library"} ${PLAIN_SO:+-Wl,-rpath,"${PLAIN_SO%/*}"} ||
    skip "a program with a function in .preinit_array cannot be built"

# What is reserved without any option, under the limits that there are here.
run "$work/linked" ""
default=$(value reserved_mib)
[ "$default" -ge 512 ] || skip "the address space is limited: nothing is to be seen"
small=256

# The environment counts, whenever the first allocation comes.
for early in '' a; do
    run MIMALLOC_ARENA_RESERVE=64M "$work/linked" "$early"
    expect_reserved 64 $small "environment, early '$early'"
    expect_option arena_reserve 65536 "environment, early '$early'"
    run MIMALLOC_ARENA_RESERVE=nonsense MIMALLOC_SHOW_ERRORS=1 "$work/linked" "$early"
    expect_reserved 512 $((default + 1)) "a wrong value, early '$early'"
    [ "$(grep -c "warning: MIMALLOC_ARENA_RESERVE: ignored value 'nonsense'" "$work/err")" = 1 ] ||
        fail "a wrong value is not told once, early '$early'"
    run -i "$work/linked" "$early"
    expect_reserved 512 $((default + 1)) "an empty environment, early '$early'"
done

# The same without a loader, where the C library sets the environment at once.
if [ -n "$STATIC_LIB" ] && [ -e "$STATIC_LIB" ] &&
    build static -static "$source" "$STATIC_LIB"; then
    run MIMALLOC_ARENA_RESERVE=64M "$work/static" a
    expect_reserved 64 $small "static"
fi

# What the program sets before the first allocation; a default gives way to the environment.
run "$work/linked" sa
expect_reserved 32 $small "set before"
run MIMALLOC_ARENA_RESERVE=128M "$work/linked" sa
expect_reserved 32 $small "set before, against the environment"
expect_option arena_reserve 32768 "set before, against the environment"
run "$work/linked" da
expect_reserved 32 $small "default set before"
run MIMALLOC_ARENA_RESERVE=128M "$work/linked" da
expect_reserved 128 $small "default set before, against the environment"
expect_option arena_reserve 131072 "default set before, against the environment"

# What is said before the options are known waits for them.
run "$work/linked" w
[ ! -s "$work/err" ] || fail "an early warning that nobody asked for"
run MIMALLOC_SHOW_ERRORS=1 "$work/linked" w
grep -q '^mimalloc: warning: option arena_reserve: -1 is not within' "$work/err" ||
    fail "an early warning is lost"

# The program's string; the environment wins.
build string -DSTRING='"arena_reserve=64M,purge_delay=7"' "$source" \
    ${library:+"$library"} ${PLAIN_SO:+-Wl,-rpath,"${PLAIN_SO%/*}"} || fail "string: does not build"
run "$work/string" ""
expect_reserved 64 $small "mi_options"
expect_option purge_delay 7 "mi_options"
run MIMALLOC_PURGE_DELAY=9 "$work/string" a
expect_option arena_reserve 65536 "mi_options, early"
expect_option purge_delay 9 "mi_options against the environment"

# A privileged program: the environment is ignored, early and late.
if [ "$(id -u)" = 0 ] && cp "$work/linked" "$work/setuid" && chmod 755 "$work" &&
    chown 65534 "$work/setuid" && chmod u+s "$work/setuid"; then
    for early in '' a; do
        run MIMALLOC_ARENA_RESERVE=64M MIMALLOC_VERBOSE=1 LD_BIND_NOW=1 "$work/setuid" "$early"
        if [ "$(value arena_reserve)" = 65536 ] && ! grep -q . "$work/err"; then
            echo "note: programs are not privileged here, or the library is not found by them"
        elif [ -s "$work/err" ]; then
            fail "a privileged program obeys the environment, early '$early'"
        else
            expect_reserved 512 $((default + 1)) "privileged, early '$early'"
        fi
    done
fi

# Preloaded: the program allocates before all constructors, or another library does.
if [ -n "$OVERRIDE_SO" ] && build preloaded -DPRELOADED "$source" -ldl; then
    for early in '' a; do
        run MIMALLOC_ARENA_RESERVE=64M LD_PRELOAD="$OVERRIDE_SO" "$work/preloaded" "$early"
        expect_reserved 64 $small "preloaded, early '$early'"
    done
    cat >"$work/other.c" <<'END'
#include <stdlib.h>
void *volatile other_block;
__attribute__((constructor)) static void start(void) { other_block = malloc(5000); }
END
    if build libother.so -shared -fPIC "$work/other.c" &&
        build other -DPRELOADED "$source" -Wl,--no-as-needed "$work/libother.so" -ldl; then
        run MIMALLOC_ARENA_RESERVE=64M LD_PRELOAD="$OVERRIDE_SO" "$work/other"
        expect_reserved 64 $small "a constructor of another library"
    fi

    # The string of a program that is not linked with the library: seen when it is exported.
    build exported -DPRELOADED -DSTRING='"purge_delay=7"' -rdynamic "$source" -ldl ||
        fail "exported: does not build"
    run LD_PRELOAD="$OVERRIDE_SO" "$work/exported"
    expect_option purge_delay 7 "an exported string"
    build hidden -DPRELOADED -DSTRING='"purge_delay=7"' "$source" -ldl || fail "hidden: does not build"
    run LD_PRELOAD="$OVERRIDE_SO" "$work/hidden"
    expect_option purge_delay 500 "a string that is not exported"
fi
exit $failed
