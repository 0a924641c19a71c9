#!/bin/sh
# SPDX-License-Identifier: MIT
# Another C library: musl, shared and static, with a Check that is built for it.  Left out are tests of
# what musl does not do: it runs no functions of .preinit_array, loads no library late that has
# initial-exec words, and knows no RTLD_DEEPBIND.
# Functions here are called by check.
# shellcheck disable=SC2317
: "${top_srcdir:?}" "${PACKAGE_DIR:?}"
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"
# shellcheck source=tests/package/arch-common.sh
. "$top_srcdir/tests/package/arch-common.sh"

if ! packages dpkg-dev musl-tools; then
    skip U7 "musl-gcc" "$missing"
    finish
fi

# build_musl NAME [ARGUMENT...]: without C++, for which there is no library.
build_musl() {
    build_name=$1
    shift
    build_check U7 "musl, $(uname -m)-linux-musl" musl-gcc
    mkdir -p "$arch/root"
    ln -sfn musl "$arch/root/musl-static"
    configure_with_check "$build_name" CC=musl-gcc CXX=false "$@"
    $MAKE -s "$jobs"
    $MAKE -s "$jobs" check TESTS=
}
is_for_musl() {
    readelf -d "$arch/musl"/.libs/*.so | grep NEEDED | sort -u >"$work/needed"
    cat "$work/needed"
    [ "$(wc -l <"$work/needed")" = 1 ]
    grep -q '\[libc\.so\]' "$work/needed"
}
# What only the GNU C library has a reason for.
no_dlopen() {
    nm -D --defined-only "$arch/musl"/.libs/*.so >"$work/exported"
    grep -q ' T malloc$' "$work/exported"
    ! grep ' dlopen$' "$work/exported"
}
is_static() {
    ! readelf -l "$arch/musl-static/tests/api/basic" | grep INTERP
}
check U7 "musl, shared: builds without a warning, and so do the tests" build_musl musl --enable-secure
check U7 "musl, shared: needs musl only" is_for_musl
check U7 "musl, shared: leaves dlopen alone, which knows no RTLD_DEEPBIND" no_dlopen
check U7 "musl, shared: unit, api, conformance, faults" \
    suite musl 'tests/unit/*' 'tests/api/*[!h]' tests/api/environment.sh \
    'tests/conformance/*' 'tests/fault/*' --
check U7 "musl, shared: exports are those of the golden lists" suite musl tests/abi/exports.sh tests/abi/elf.sh --
check U7 "musl, static: builds without a warning, and so do the tests" \
    build_musl musl-static --disable-shared LDFLAGS=--static
check U7 "musl, static: programs are static" is_static
check U7 "musl, static: unit, api, conformance, faults" \
    suite musl-static 'tests/unit/*' 'tests/api/*[!h]' tests/api/environment.sh \
    'tests/conformance/*' 'tests/fault/*' --
finish
