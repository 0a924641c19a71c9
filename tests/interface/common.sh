# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the tests of this folder share; each sources this file first.  A program is compiled when the
# test runs, once per way in which it can be linked:
#
#   plain          with the plain shared library
#   override       with the override library
#   archive        with libmimalloc.a
#   static         the same, and the whole program is static
#   object         with mimalloc-override.o
#   object-static  the same, and the whole program is static
#   preload        as plain, with each library that replaces malloc preloaded

# shellcheck source=tests/override/common.sh
. "$top_srcdir/tests/override/common.sh"
: "${PLAIN_SO:=}" "${STATIC_LIB:=}" "${CPPFLAGS:=}" "${CFLAGS:=}" "${CXXFLAGS:=}" "${LDFLAGS:=}"
# shellcheck disable=SC2034
here=$top_srcdir/tests/interface

case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer brings its own malloc" ;;
esac

# Compilers with their flags, as the library was compiled.
usual="-Wall -Wextra -fno-builtin -I$top_srcdir/include"
# shellcheck disable=SC2034
compile_c="$CC $CPPFLAGS $CFLAGS $usual"
# shellcheck disable=SC2034
compile_cxx="$CXX $CPPFLAGS $CXXFLAGS -std=c++17 -fsized-deallocation $usual"

have_cxx=
if [ -n "$CXX" ] && works "$CXX"; then
    # shellcheck disable=SC2034
    have_cxx=1
fi
can_static=
if works "$CC" -static; then
    can_static=1
fi

# compile SOURCE COMPILER...: the object is $work/ and the source's name
compile() {
    object=${1##*/}
    object=$work/${object%.*}.o
    source=$1
    shift
    # Compilers come with arguments.
    # shellcheck disable=SC2068
    $@ -fPIC -c -o "$object" "$source" || {
        fail "$source does not compile"
        return 1
    }
}

linked=0
# in_way WAY NAME 'OBJECT...' LINKER...: link and run; nothing where it cannot be.
in_way() {
    way=$1
    name=$2
    objects=$3
    shift 3
    before='' after='' preload=''
    case $way in
    plain | preload)
        [ -n "$PLAIN_SO" ] || return 0
        after="$PLAIN_SO -Wl,-rpath,${PLAIN_SO%/*}"
        [ "$way" = plain ] || preload="$OVERRIDE_SO $DEBUG_SO $SECURE_SO"
        ;;
    override)
        [ -n "$OVERRIDE_SO" ] || return 0
        after="$OVERRIDE_SO -Wl,-rpath,${OVERRIDE_SO%/*}"
        ;;
    archive | static)
        [ -n "$STATIC_LIB" ] || return 0
        after=$STATIC_LIB
        ;;
    object*)
        [ -n "$OVERRIDE_OBJECT" ] || return 0
        before=$OVERRIDE_OBJECT
        ;;
    esac
    case $way in
    *static)
        [ -n "$can_static" ] || return 0
        before="-static $before"
        ;;
    esac
    # All are words; a linker may warn about what a C library does in static programs.
    # shellcheck disable=SC2068,SC2086
    $@ -o "$work/$name" $before $objects $after $LDFLAGS -lpthread -ldl >"$work/link" 2>&1 || {
        cat "$work/link"
        fail "$name, $way: does not link"
        return 0
    }
    linked=$((linked + 1))
    if [ "$way" != preload ]; then
        run "$name, $way" "$work/$name"
        return 0
    fi
    for library in $preload; do
        run "$name, preload of ${library##*/}" env LD_PRELOAD="$library" "$work/$name"
    done
}
