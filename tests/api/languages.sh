#!/bin/sh
# SPDX-License-Identifier: MIT
# The headers for C++ and the macros do their work in every standard, with the shared and with the
# static library, with and without exceptions; the debug library, preloaded, checks the sizes and
# alignments that they pass on.  A program is compiled once per standard.
set -eu
: "${top_srcdir:?}"
: "${CC:=cc}" "${CXX:=}" "${CPPFLAGS:=}" "${CFLAGS:=}" "${CXXFLAGS:=}" "${LDFLAGS:=}"
: "${PLAIN_SO:=}" "${STATIC_LIB:=}" "${DEBUG_SO:=}"
here=$top_srcdir/tests/api
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset LD_PRELOAD LD_LIBRARY_PATH
failed=0 passed=0

fail() {
    echo "FAIL: $*"
    failed=1
}

# run NAME [PREFIX]...: the program as it was linked.
run() {
    run_name=$1
    shift
    status=0
    "$@" "$work/program" || status=$?
    case $status in
    0) passed=$((passed + 1)) ;;
    77) echo "not tried: $run_name" ;;
    *) fail "$run_name: status $status" ;;
    esac
}

# program SOURCE STANDARDS COMPILER [FLAG]...: STANDARDS is one word, as in c++98,c++11; those that
# the compiler does not know are passed over.
program() {
    source=$1
    standards=$2
    shift 2
    # On another machine's processor the newest one: the languages are the same there.
    [ -z "${TEST_EMULATED-}" ] || standards=${standards##*,}
    case $standards in
    *++*) language=c++ flags="$CXXFLAGS -Wmissing-declarations" ;;
    *) language=c flags="$CFLAGS -Wstrict-prototypes" ;;
    esac
    # Much to compile, and nothing to gain from the user's optimisation.
    case $source in
    containers.cc | resource.cc) flags="$flags -O0 -g0 -U_FORTIFY_SOURCE" ;;
    esac
    # All are words.
    # shellcheck disable=SC2086
    for standard in $(echo "$standards" | tr , ' '); do
        name="$source with $* -std=$standard"
        "$@" -std=$standard -x $language -fsyntax-only /dev/null 2>/dev/null || continue
        if ! "$@" $CPPFLAGS $flags -std=$standard -Wall -Wextra -Wpedantic -Werror -fno-builtin \
            -I"$top_srcdir/include" -x $language -c -o "$work/object.o" "$here/$source"; then
            fail "$name: does not compile"
            continue
        fi
        for library in $PLAIN_SO $STATIC_LIB; do
            if ! "$@" $flags -o "$work/program" "$work/object.o" "$library" \
                -Wl,-rpath,"${library%/*}" $LDFLAGS -pthread; then
                fail "$name: does not link with ${library##*/}"
                continue
            fi
            run "$name, ${library##*/}"
            if [ "$library" = "$PLAIN_SO" ] && [ -n "$DEBUG_SO" ]; then
                run "$name, ${DEBUG_SO##*/}" env MIMALLOC_SHOW_ERRORS=0 LD_PRELOAD="$DEBUG_SO"
            fi
        done
    done
}

# works COMPILER [FLAG]...: is it there, with its library?
works() {
    printf '#include <new>\nint main() { return 0; }\n' >"$work/works.cc"
    command -v "$1" >/dev/null && "$@" -o "$work/works" "$work/works.cc" 2>/dev/null
}

if [ -z "$PLAIN_SO$STATIC_LIB" ]; then
    echo "SKIP: no library"
    exit 77
fi
# Compilers come with arguments.
# shellcheck disable=SC2086
{
    program macros.c gnu89,c99,c11,c2x $CC
    program macros.c c11 $CC -fshort-wchar
    if [ -n "$CXX" ] && works $CXX; then
        program macros.c c++98,c++17,c++20 $CXX
        program new-delete.cc c++98,c++11,c++14,c++17,c++20 $CXX
        program containers.cc c++98,c++11,c++20 $CXX
        program resource.cc c++17,c++20 $CXX
        program containers.cc c++17 $CXX -fno-exceptions -fno-rtti
        program new-delete.cc c++17 $CXX -fno-exceptions -fno-rtti
        program resource.cc c++17 $CXX -fno-exceptions -fno-rtti
    else
        echo "no C++ compiler: C only"
    fi
    case " $CXXFLAGS $CXX " in
    *" -fsanitize"* | *" -m32 "*) ;; # flags of one compiler
    *)
        if [ -n "${TEST_EMULATED-}" ]; then
            echo "clang++ is for this machine's processor: not tried under an emulator"
        elif works clang++ -stdlib=libc++; then
            program containers.cc c++17 clang++ -stdlib=libc++
            program new-delete.cc c++17 clang++ -stdlib=libc++
            program resource.cc c++17 clang++ -stdlib=libc++
        else
            echo "no clang++ with libc++: not tried with it"
        fi
        ;;
    esac
}
if [ $failed = 0 ] && [ $passed = 0 ]; then
    echo "SKIP: no standard is known to the compilers"
    exit 77
fi
exit $failed
