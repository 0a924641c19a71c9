#!/bin/sh
# SPDX-License-Identifier: MIT
# The launcher and the libraries of this build, as they stand in the build tree.
. "${top_srcdir:-.}/tests/run/common.sh"
[ -f "${OVERRIDE_SO-}" ] || skip 'the override library has not been built'

"$MIMALLOC_RUN" true 2>&1 | grep -e 'another ABI' -e 'another C library' &&
    skip 'this build is for another system than its programs'

# preloads LIBRARY OPTIONS...
preloads() {
    library=$1
    shift
    # shellcheck disable=SC2016
    expect 0 '' "$MIMALLOC_RUN" "$@" sh -c 'echo "$LD_PRELOAD"; exit 0'
    expect_output "$library"
    [ ! -s "$tmp/err" ] || fail "something is said by $library: $(cat "$tmp/err")"
    expect 0 mimalloc "$MIMALLOC_RUN" "$@" --verbose true
    soname=$(readelf -d "$library" 2>/dev/null | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
    [ -z "$soname" ] || [ "$soname" = "$(basename "$library")" ] || fail "its SONAME is $soname"
}
preloads "$OVERRIDE_SO"
if [ -f "${DEBUG_SO-}" ]; then
    preloads "$DEBUG_SO" --debug
fi
if [ -f "${SECURE_SO-}" ]; then
    preloads "$SECURE_SO" --secure
else
    expect_refusal 126 'libmimalloc-secure.so.10 has not been built' "$MIMALLOC_RUN" --secure true
fi
expect 7 '' "$MIMALLOC_RUN" sh -c 'exit 7'
expect 0 mimalloc "$MIMALLOC_RUN" --option verbose=2 true
expect 0 '' "$MIMALLOC_RUN" --stats true
[ -s "$tmp/err" ] || [ -s "$tmp/out" ] || fail '--stats shows nothing'
finish
