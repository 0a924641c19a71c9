#!/bin/sh
# SPDX-License-Identifier: MIT
# mimalloc-override.o, built anew by gcc and clang, each with -flto, and by musl's gcc: machine code
# only, nothing of ours visible but what it replaces, and malloc is served by it in programs linked
# dynamically, position-independent or not, and statically, by each compiler that can link it.
# Functions are called by check, flags are words.
# shellcheck disable=SC2086,SC2317
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"

for compiler in gcc clang musl-gcc; do
    need "$compiler" || skip U10 "mimalloc-override.o by $compiler" "$missing"
done
mkdir -p "$work/source"
tar -xJf "$TARBALL" -C "$work/source" --strip-components=1

build() { # NAME CC CFLAGS
    mkdir -p "$work/$1"
    cd "$work/$1"
    { ../source/configure -q --disable-shared CC="$2" CXX=false CFLAGS="$3" &&
        MAKEFLAGS='' MFLAGS='' "$MAKE" -s -j"$(nproc)" mimalloc-override.o libmimalloc.la; } >log 2>&1 || {
        tail -n 30 log
        return 1
    }
}
machine_code() { # NAME
    cd "$work/$1"
    file=mimalloc-override.o
    readelf -hW $file | grep 'Type:.*REL'
    ! readelf -SW $file | grep -E 'gnu\.lto|\.llvmbc' || return 1
    ! nm $file | grep -E ' [TDBRVWi] mip_' || return 1
    [ "$(nm $file | grep -c ' t mip_')" -gt 20 ]
    ! readelf -SW $file | grep 'GROUP' || return 1
    nm $file | grep ' T malloc$'
    # All else that it needs is the C library's, or weak.
    ! nm -u $file | grep -E ' U (mi_|mip_)' || return 1
    top_builddir=$PWD PLAIN_SO='' OVERRIDE_SO='' DEBUG_SO='' SECURE_SO='' STATIC_LIB="$PWD/.libs/libmimalloc.a" \
        OVERRIDE_OBJECT="$PWD/$file" CC="$2" CFLAGS='-O2' CPPFLAGS='' LDFLAGS='' sh "$top_srcdir/tests/abi/exports.sh"
}
# served NAME CC FLAG...: builds two programs and runs them
served() {
    object=$work/$1/mimalloc-override.o
    compiler=$2
    shift 2
    for source in consumer family; do
        # musl has not all of that family.
        case $source:$compiler in
        family:musl-gcc) continue ;;
        esac
        "$compiler" -g -O2 -fno-builtin "$@" -I"$top_srcdir/include" -o "$work/program" "$object" \
            "$top_srcdir/tests/install/$source.c" -pthread >"$work/link" 2>&1 || {
            cat "$work/link"
            return 1
        }
        # A linker only warns of what the loader must then change in the program's code.
        ! grep -i 'relocation' "$work/link" || return 1
        ! readelf -dW "$work/program" | grep TEXTREL || return 1
        [ "$("$work/program" override)" = override ]
    done
}
programs() { # NAME CC
    served "$1" "$2"
    served "$1" "$2" -fPIE -pie
    served "$1" "$2" -fno-pie -no-pie
    served "$1" "$2" -O2 -flto
    served "$1" "$2" -Wl,--as-needed -Wl,-z,now
}
static_programs() { # NAME CC
    served "$1" "$2" -static
    case $2 in
    # musl's wrapper has a start file for it only where gcc was made for it.
    musl-gcc) ;;
    *) served "$1" "$2" -static-pie -fPIE ;;
    esac
}
# the test itself: without the object the same program says so
plain() {
    gcc -I"$top_srcdir/include" -o "$work/program" "$top_srcdir/tests/install/consumer.c" \
        "$work/gcc-lto/.libs/libmimalloc.a" -pthread
    ! "$work/program" override || return 1
    [ "$("$work/program" plain)" = plain ]
}

for variant in gcc-lto:gcc:'-O2 -g -flto' clang-lto:clang:'-O2 -g -flto' musl:musl-gcc:'-O2 -g'; do
    name=${variant%%:*} rest=${variant#*:}
    compiler=${rest%%:*} flags=${rest#*:}
    need "$compiler" || continue
    check U10 "mimalloc-override.o by $compiler with $flags" build "$name" "$compiler" "$flags"
    check U10 "$name: machine code, hidden names local, the names of the golden list" \
        machine_code "$name" "$compiler"
    case $name in
    musl) linkers=musl-gcc ;;
    *) linkers='gcc clang' ;;
    esac
    for linker in $linkers; do
        need "$linker" || continue
        check D14 "$name: serves programs linked by $linker, PIE and not" programs "$name" "$linker"
        check D14 "$name: serves static programs linked by $linker" static_programs "$name" "$linker"
    done
done
! need gcc || check D14 "the same program without the object has the C library's malloc" plain
finish
