#!/bin/sh
# SPDX-License-Identifier: MIT
# The same rules in programs that are compiled when the test runs: with mimalloc-override.o as the
# first thing that is linked, also static, and with each C++ library that is here.  They use no
# Check, so one process runs one rule after the other.
: "${top_srcdir:?}" "${top_builddir:?}"
# shellcheck source=tests/override/common.sh
. "$top_srcdir/tests/override/common.sh"
here=$top_srcdir/tests/conformance

case " ${CFLAGS:-} ${CXXFLAGS:-} " in
*" -fsanitize"*) skip "a sanitizer brings its own malloc" ;;
esac
[ -n "$OVERRIDE_OBJECT$OVERRIDE_SO" ] || skip "the override is not built"

flags="-O1 -Wall -Wextra -fno-builtin -DHAVE_CONFIG_H -I$top_builddir -I$top_srcdir/include"
suite="$here/suite.c $here/served.c"
c="$here/c.c $here/names.c $here/serving.c $here/sizes.c $here/alignment.c $here/reallocation.c
    $here/frees.c $here/library.c $here/reports.c"
cxx="$here/cxx.cc $here/forms.cc $here/pairs.cc $here/handlers.cc $here/whole.cc"

# objects DIRECTORY DEFINES SOURCES COMPILER [FLAGS]: compile each source into DIRECTORY.
objects() {
    directory=$work/$1
    defines=$2
    sources=$3
    shift 3
    rm -rf "$directory"
    mkdir "$directory"
    for source in $sources; do
        output=$directory/${source##*/}.o
        # Compilers come with arguments, defines are several.
        # shellcheck disable=SC2068,SC2086
        case $source in
        *.c) $CC -std=gnu11 $flags $defines -c -o "$output" "$source" ;;
        */noexceptions.cc) $@ $flags $defines -fno-exceptions -c -o "$output" "$source" ;;
        *) $@ -std=c++17 -fsized-deallocation $flags $defines -c -o "$output" "$source" ;;
        esac
    done
}

# linked_with_object NAME DEFINES SOURCES COMPILER [FLAGS]
linked_with_object() {
    [ -n "$OVERRIDE_OBJECT" ] || return 0
    name=$1
    objects "$name" "-DNAMES_LINKED -DWITH_MI $2" "$3" "$4"
    compiler=$4
    # shellcheck disable=SC2086
    $compiler -o "$work/program" "$OVERRIDE_OBJECT" "$work/$name"/*.o -lpthread -ldl
    run "$name, object" "$work/program"
    # shellcheck disable=SC2086
    if ! works $compiler -static; then
        echo "$name: $compiler makes no static programs"
        return 0
    fi
    # shellcheck disable=SC2086
    if $compiler -static -o "$work/program" "$OVERRIDE_OBJECT" "$work/$name"/*.o -lpthread \
        2>"$work/link"; then
        run "$name, static" "$work/program"
    else
        cat "$work/link"
        fail "$name: a static program does not link"
    fi
}

linked_with_object c -DWITH_LIBC "$suite $c" "$CC"

cxx_library() {
    library=$1
    linked_with_object "cxx$library" -DWITH_OPERATORS "$suite $cxx $here/noexceptions.cc" "$2"
    linked_with_object "partial$library" "" "$suite $here/partial.cc" "$2"
    linked_with_object "partial-new$library" -DONLY_NEW "$suite $here/partial.cc" "$2"
}

if [ -n "$CXX" ] && works "$CXX"; then
    cxx_library "" "$CXX"
fi

# The other C++ library also in the ways that the rest of the suite covers with $CXX.
other="clang++ -stdlib=libc++"
if works "$other" "${OVERRIDE_SO:-$OVERRIDE_OBJECT}" -lpthread && works "$other" &&
    LD_PRELOAD=$OVERRIDE_SO "$work/works" 2>"$work/errors" && [ ! -s "$work/errors" ]; then
    cxx_library -libc++ "$other"
    for program in cxx partial; do
        sources="$suite $here/partial.cc"
        [ $program != cxx ] || sources="$suite $cxx $here/noexceptions.cc"
        objects "$program-unmodified" -DWITH_OPERATORS "$sources" "$other"
        # shellcheck disable=SC2086
        $other -o "$work/unmodified" "$work/$program-unmodified"/*.o -lpthread -ldl
        run "$program-libc++, the system's allocator" "$work/unmodified"
        for library in "$OVERRIDE_SO" "$DEBUG_SO" "$SECURE_SO"; do
            [ -n "$library" ] || continue
            case $library in
            "$DEBUG_SO") strict=debug ;;
            "$SECURE_SO") strict=secure ;;
            *) strict= ;;
            esac
            run "$program-libc++, preload of ${library##*/}" \
                env SERVED=1 STRICT=$strict LD_PRELOAD="$library" "$work/unmodified"
        done
    done
    if [ -n "$OVERRIDE_SO" ]; then
        objects linked "-DWITH_MI -DWITH_OPERATORS" "$suite $cxx $here/noexceptions.cc" "$other"
        # shellcheck disable=SC2086
        $other -o "$work/program" "$work/linked"/*.o "$OVERRIDE_SO" \
            -Wl,-rpath,"${OVERRIDE_SO%/*}" -lpthread -ldl
        run "cxx-libc++, linked" "$work/program"
    fi
else
    echo "no clang++ with libc++ for this ABI: not tested with it"
fi
exit $failed
