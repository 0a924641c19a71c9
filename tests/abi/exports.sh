#!/bin/sh
# SPDX-License-Identifier: MIT
# Every library exports exactly what the golden lists say: public.symbols (mi_*, which is also what
# the headers declare), undeclared.symbols and, where malloc is replaced, override.symbols.  mi_*
# carry the version node, all else carries none.
set -eu
# shellcheck source=tests/abi/common.sh
. "$top_srcdir/tests/abi/common.sh"

golden "$abi/public.symbols" >"$work/functions"
golden "$abi/public.symbols" "$abi/undeclared.symbols" >"$work/public"
golden "$abi/public.symbols" "$abi/undeclared.symbols" "$abi/override.symbols" >"$work/all"

versioned "$abi/public.symbols" "$abi/undeclared.symbols" >"$work/expected-nodes"

# A declaration begins a line with one of two macros.
sed -n 's/^MI_\(EXPORT\|RESULT\) [^(]*[ *]\(mi_[a-z0-9_]*\)(.*/\2/p' "$top_srcdir"/include/*.h |
    sort -u >"$work/declared"
same "include/*.h declares other functions than public.symbols lists" \
    "$work/functions" "$work/declared"

# check_shared LIBRARY LIST
check_shared() {
    [ -n "$1" ] || return 0
    [ -e "$1" ] || { fail "$1 is missing" && return 0; }
    exported "$1" >"$work/exported"
    same "exports of ${1##*/}" "$2" "$work/exported"
    [ -e "$top_builddir/lib/override.map" ] || return 0
    $NM -D -g --defined-only --with-symbol-versions "$1" | sed 's/.* //' >"$work/versioned"
    grep '^mi_' "$work/versioned" | sort >"$work/nodes"
    same "version nodes of ${1##*/}" "$work/expected-nodes" "$work/nodes"
    if grep -v '^mi_' "$work/versioned" | grep -v '^MIMALLOC_' | grep '@'; then
        fail "${1##*/}: a version on what must have none (it would never be bound)"
    fi
}
check_shared "$PLAIN_SO" "$work/public"
check_shared "$OVERRIDE_SO" "$work/all"
check_shared "$DEBUG_SO" "$work/all"
check_shared "$SECURE_SO" "$work/all"

if [ -n "$STATIC_LIB" ]; then
    # What is hidden is global in an archive all the same: it must wear our prefix, but for what
    # compilers add on i386.
    if $NM -g --defined-only "$STATIC_LIB" | sed -n 's/^[0-9a-f]* [A-Za-z] //p' |
        grep -Ev '^(mi_|mip_|__x86\.get_pc_thunk\.)'; then
        fail "${STATIC_LIB##*/} defines global names of others"
    fi
    $NM -g --defined-only "$STATIC_LIB" | sed -n 's/^[0-9a-f]* [A-Za-z] //p' | grep '^mi_' |
        sort -u >"$work/exported"
    same "public names in ${STATIC_LIB##*/}" "$work/public" "$work/exported"
fi

if [ -n "$OVERRIDE_OBJECT" ]; then
    $NM -g --defined-only "$OVERRIDE_OBJECT" | sed -n 's/^[0-9a-f]* [A-Za-z] //p' |
        sort -u >"$work/exported"
    # dlopen is wrapped in the shared libraries only.
    grep -vx dlopen "$work/all" >"$work/object"
    same "global names of ${OVERRIDE_OBJECT##*/}" "$work/object" "$work/exported"
fi
exit $failed
