#!/bin/sh
# SPDX-License-Identifier: MIT
# Objects loaded with RTLD_DEEPBIND call our free, unless the option keep_deepbind is set, and
# whoever calls dlopen is still who the loader thinks it is.
: "${top_srcdir:?}"
# shellcheck source=tests/override/common.sh
. "$top_srcdir/tests/override/common.sh"

[ -n "$OVERRIDE_SO" ] || skip "the override library is not built"
$NM -D --defined-only "$OVERRIDE_SO" | grep -q ' T dlopen$' || skip "dlopen is not wrapped here"

source=$here/deepbind.c
flags='-std=gnu11 -O1 -Wall -fno-builtin'
runpath='-Wl,--enable-new-dtags,-rpath'
mkdir "$work/program" "$work/middle" "$work/middle/inner" "$work/lib"
# shellcheck disable=SC2086
{
    $CC $flags -DDEEP -fPIC -shared -o "$work/lib/deep.so" "$source"
    $CC $flags -DFOUND -fPIC -shared -o "$work/program/libfound-by-program.so" "$source"
    $CC $flags -DFOUND -fPIC -shared -o "$work/middle/inner/libfound-by-middle.so" "$source"
    $CC $flags -DMIDDLE -fPIC -shared $runpath,"\$ORIGIN/inner" -o "$work/middle/middle.so" \
        "$source" -ldl
    $CC $flags $runpath,"\$ORIGIN/program" -o "$work/deepbind" "$source" -ldl
}

for library in "$OVERRIDE_SO" "$DEBUG_SO" "$SECURE_SO"; do
    [ -n "$library" ] || continue
    run "flag dropped, ${library##*/}" env LD_PRELOAD="$library" \
        "$work/deepbind" "$work/lib/deep.so" "$work/middle/middle.so" dropped
    run "flag kept, ${library##*/}" env LD_PRELOAD="$library" MIMALLOC_KEEP_DEEPBIND=1 \
        "$work/deepbind" "$work/lib/deep.so" "$work/middle/middle.so" kept
done
exit $failed
