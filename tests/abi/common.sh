# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Shared by the tests of the binary interface; sourced, not run.

# Called by the tests that source this file.
# shellcheck disable=SC2317
skip() {
    echo "SKIP: $*"
    exit 77
}

fail() {
    echo "FAIL: $*"
    failed=1
}

failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
abi=$top_srcdir/tests/abi
: "${NM:=nm}" "${CC:=cc}" "${CPPFLAGS:=}" "${CFLAGS:=}" "${LDFLAGS:=}"
# For what meets the libraries of this build: words.
compile="$CC $CPPFLAGS $CFLAGS"
unset LD_PRELOAD LD_LIBRARY_PATH
LC_ALL=C
export LC_ALL

# has NAME: did configure find it (HAVE_NAME)?
has() {
    grep -q "^#define $1 1\$" "$top_builddir/config.h"
}

# defines HEADER MACRO: to something other than 0?
defines() {
    printf '#include <%s>\n#if %s\nit_does\n#endif\n' "$1" "$2" |
        $compile -E -P -DHAVE_CONFIG_H -I"$top_builddir" -I"$top_srcdir/lib" - 2>/dev/null | grep -q it_does
}

# golden FILE...: the names in golden lists that apply here.  A line is a name, or a name and a
# condition of config.h (- for none), or also the node of the release that added the name; a name of
# an operator is written for an unsigned long size_t.
golden() {
    if grep -q '^#define SIZEOF_VOID_P 8$' "$top_builddir/config.h"; then
        size=m
    else
        size=j
    fi
    sed -e 's/#.*//' -e '/^ *$/d' "$@" | while read -r name condition _; do
        case $condition in
        '' | -) ;;
        old-glibc) defines override/compatible.h MIP_HAS_OLD_CFREE || continue ;;
        deepbind) defines override/dlopen_entry.h MIP_OVERRIDE_DLOPEN || continue ;;
        *) has "$condition" || continue ;;
        esac
        printf '%s\n' "$name"
    done | sed -e "s/^\(_Zn[wa]\)m/\1$size/" -e "s/^\(_Zd[la]Pv\)m/\1$size/" | sort -u
}

# versioned FILE...: NAME@@NODE for each line of golden lists; what names no node is of the first release.
# shellcheck disable=SC2317
versioned() {
    sed -e 's/#.*//' -e '/^ *$/d' "$@" | while read -r name _ node; do
        printf '%s@@%s\n' "$name" "${node:-MIMALLOC_10.0}"
    done | sort -u
}

# exported FILE: what a shared library exports, without versions; MIMALLOC_10.0 itself is no name.
exported() {
    $NM -D -g --defined-only "$1" | sed -e 's/@.*//' -e 's/.* //' | grep -v '^MIMALLOC_' | sort -u
}

# same WHAT EXPECTED ACTUAL: compare two sorted files and say what differs.
same() {
    if ! cmp -s "$2" "$3"; then
        comm -23 "$2" "$3" | sed 's/^/  missing: /'
        comm -13 "$2" "$3" | sed 's/^/  not expected: /'
        fail "$1"
    fi
}
