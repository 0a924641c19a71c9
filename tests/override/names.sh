#!/bin/sh
# SPDX-License-Identifier: MIT
# The override defines exactly what this C library has for allocation (but for what is its own
# business), the names of a later one, and all operators of the C++ libraries that are here.
: "${top_srcdir:?}"
# shellcheck source=tests/override/common.sh
. "$top_srcdir/tests/override/common.sh"

[ -n "$OVERRIDE_SO" ] || skip "the override library is not built"

# Every name under which any C library lets programs allocate, free, measure or tune.
candidates='malloc calloc realloc free cfree reallocarray reallocarr reallocf recallocarray
    freezero posix_memalign memalign aligned_alloc valloc pvalloc vfree malloc_usable_size malloc_size
    malloc_good_size mallocx rallocx sdallocx malloc_trim mallopt mallinfo mallinfo2 malloc_info
    malloc_stats malloc_stats_print malloc_get_state malloc_set_state __libc_malloc __libc_calloc
    __libc_realloc __libc_free __libc_memalign __libc_valloc __libc_pvalloc __libc_mallopt
    __libc_mallinfo __posix_memalign free_sized free_aligned_sized'
# What a later C library calls; what glibc has only under an old version.
always='free_sized free_aligned_sized'

# defined FILE: dynamic names, without versions.
defined() {
    $NM -D --defined-only "$1" | sed -e 's/@.*//' -e 's/.* //' | sort -u
}

# Where the compiler links the C library from.
libc=
for name in libc.so.6 libc.so; do
    path=$($CC -print-file-name=$name)
    if [ "$path" != "$name" ] && $NM -D "$path" >/dev/null 2>&1; then
        libc=$path
        break
    fi
done
[ -n "$libc" ] || skip "the shared C library is not found"

defined "$libc" >"$work/libc"
for name in $candidates; do
    case $name in
    __*) ;; # internal names, which a program has no business with
    *)
        grep -qx "$name" "$work/libc" && echo "$name"
        ;;
    esac
done | cat - "$work/libc" | awk -v always="$always" '
    BEGIN { count = split(always, more, " "); for (i = 1; i <= count; i++) print more[i] }
    !seen[$0]++ { next }
    { print }' | sort -u >"$work/expected"
[ "$(wc -l <"$work/expected")" -ge 12 ] || fail "only a few names were found in $libc"

# check LIST-OF-NAMES WHAT
check() {
    grep -vE '^(mi_|MIMALLOC_|_Z|dlopen$)' "$1" >"$work/ours" || :
    if ! cmp -s "$work/expected" "$work/ours"; then
        comm -23 "$work/expected" "$work/ours" | sed 's/^/  missing: /'
        comm -13 "$work/expected" "$work/ours" | sed 's/^/  beyond the C library: /'
        fail "$2: names of the C library"
    fi
    grep '^_Z' "$1" >"$work/operators" || :
    [ "$(wc -l <"$work/operators")" -eq 20 ] || fail "$2: not 20 operators"
    for runtime in libstdc++.so.6 libc++.so.1 libc++abi.so.1; do
        path=$($CC -print-file-name=$runtime)
        [ "$path" != "$runtime" ] || continue
        defined "$path" | grep -E '^_Z(nw|na|dl|da)' >"$work/theirs" || continue
        comm -23 "$work/theirs" "$work/operators" >"$work/missing"
        if [ -s "$work/missing" ]; then
            sed 's/^/  missing: /' "$work/missing"
            fail "$2: operators of $runtime"
        fi
    done
}

for library in "$OVERRIDE_SO" "$DEBUG_SO" "$SECURE_SO"; do
    [ -n "$library" ] || continue
    defined "$library" >"$work/names"
    check "$work/names" "${library##*/}"
done
if [ -n "$OVERRIDE_OBJECT" ]; then
    $NM -g --defined-only "$OVERRIDE_OBJECT" | sed 's/.* //' | sort -u >"$work/names"
    check "$work/names" "${OVERRIDE_OBJECT##*/}"
    # A static program has a dlopen of its own, which cannot be called around.
    if grep -qx dlopen "$work/names"; then
        fail "${OVERRIDE_OBJECT##*/} defines dlopen"
    fi
fi
exit $failed
