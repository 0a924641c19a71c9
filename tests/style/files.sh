#!/bin/sh
# SPDX-License-Identifier: MIT
# Rules for files: a license tag in each, no file of lib/ longer than 400 lines, conditionals of the
# preprocessor only where they belong, no literal page size, every source listed in lib/local.mk.
set -eu
# shellcheck source=tests/style/lint.sh
. "$top_srcdir/tests/style/lint.sh"
lints_only
cd "$top_srcdir"
failed=0
fail() {
    echo "FAIL: $*"
    failed=1
}

# What is written by hand: under version control where there is one, else what the tarball brought, which
# is not all that lies here when it was built in place.
distributed=${TMPDIR:-/tmp}/distributed.$$
trap 'rm -f "$distributed"' EXIT
have_git=
if [ -e .git ] && command -v git >/dev/null; then
    have_git=yes
else
    MAKEFLAGS='' MFLAGS='' "${MAKE:-make}" -s -C "$top_builddir" print-distributed >"$distributed"
    grep -q '^lib/core/alloc\.c$' "$distributed" || fail "make print-distributed"
fi
list() {
    if [ "$have_git" ]; then
        git ls-files -- "$@"
    else
        # libtool adds its own macros.
        for name in "$@"; do
            grep -E "^$name(/|\$)" "$distributed" || :
        done | grep -vE '^m4/(libtool|lt[a-z]+|lt~obsolete)\.m4$' || :
    fi
}

tag=SPDX-License-Identifier # never before its value here: reuse(1) reads this file, too

# Formats that know no comment, texts that others prescribe, and what distributions add.
list lib include man tests m4 debian rpm .ci configure.ac Makefile.am bootstrap .clang-format \
    .editorconfig | grep -vE '^debian/(changelog|control|.*/(control|format)|copyright|.*README\.Debian|patches/.*|gbp\.conf)$|\.(json|smt2|ps|txt|md)$' |
    while read -r file; do
        [ -f "$file" ] || continue
        head -n 5 "$file" | grep -q "$tag: MIT" || echo "$file"
    done >"${TMPDIR:-/tmp}/untagged.$$"
while read -r file; do
    fail "$file: no $tag in its first lines"
done <"${TMPDIR:-/tmp}/untagged.$$"
rm -f "${TMPDIR:-/tmp}/untagged.$$"

cmp LICENSE LICENSES/MIT.txt || fail "LICENSES/MIT.txt is not LICENSE"

for file in lib/*.h lib/*/*.[chS]; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 400 ] || fail "$file: $lines lines, 400 are allowed"

    case $file in
    lib/compiler.h | lib/atomic.h | lib/variant.h | lib/tool.h | lib/core/watched.h | lib/asm_note.h | lib/os/* | lib/override/* | lib/run/* | *.S) ;;
    *)
        # All but the include guard.
        if grep -nE '^ *# *(if|ifdef|ifndef|elif)\>' "$file" | grep -vE 'ifndef MIP_[A-Z_]*_H$'; then
            fail "$file: conditional compilation"
        fi
        ;;
    esac

    case $file in
    lib/os/*) ;;
    *)
        # The page size is found at run time.  Comments and numbers that mean something else aside.
        if sed -e 's|/\*.*\*/||' -e 's|/\*.*||' -e 's|^.*\*/||' "$file" |
            grep -nE '\<(4096|4095|0x1000|0xfff)[uUlL]*\>|1 *<< *12\>' |
            grep -vE '\<[A-Z_]+_MAX = 4096\>'; then
            fail "$file: a literal page size"
        fi
        ;;
    esac

    if grep -nE '\<(TODO|FIXME|XXX)\>' "$file"; then
        fail "$file: something was left open"
    fi

    case $file in
    lib/run/*) fragment=lib/run/local.mk ;;
    *) fragment=lib/local.mk ;;
    esac
    grep -q "\<$file\>" $fragment || fail "$file: not listed in $fragment"
done

# Shell scripts; what they read from the environment is given by make.
if command -v shellcheck >/dev/null; then
    list lib tests debian bootstrap .ci | while read -r file; do
        [ -f "$file" ] || continue
        case $(head -n 1 "$file" | tr -d '\0') in
        '#!/bin/sh' | '#!/bin/bash' | '#!/usr/bin/env bash') echo "$file" ;;
        esac
    done | xargs shellcheck -x -e SC2153,SC2154 || fail "shellcheck found the above"
fi
exit $failed
