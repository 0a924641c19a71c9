#!/bin/sh
# SPDX-License-Identifier: MIT
# A library that was loaded with dlopen does not serve malloc, and does not say that it does.
: "${top_srcdir:?}"
# shellcheck source=tests/override/common.sh
. "$top_srcdir/tests/override/common.sh"

[ -n "$OVERRIDE_SO" ] || skip "the override library is not built"
# Compilers come with arguments.
# shellcheck disable=SC2086
$CC -o "$work/loaded" "$here/loaded.c" -ldl
for library in "$OVERRIDE_SO" "$DEBUG_SO" "$SECURE_SO"; do
    [ -n "$library" ] || continue
    MIMALLOC_VERBOSE=1 run "${library##*/}" "$work/loaded" "$library"
    # Not that of a run before.
    cp "$work/output" "$work/said"
    grep -q 'serves mi_malloc$' "$work/said" || fail "${library##*/}: no word of what it serves"
    grep -q 'malloc is not replaced: another' "$work/said" || fail "${library##*/}: no warning"
    if grep -q 'serves malloc$' "$work/said"; then
        fail "${library##*/} claims to serve malloc"
    fi
done
exit $failed
