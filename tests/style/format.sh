#!/bin/sh
# SPDX-License-Identifier: MIT
# make check-style as a test.  Versions of clang-format differ in taste: 14 is ours.
set -eu
# shellcheck source=tests/style/lint.sh
. "$top_srcdir/tests/style/lint.sh"
lints_only
: "${CLANG_FORMAT:=clang-format}"
version=$($CLANG_FORMAT --version 2>/dev/null) || version=none
case $version in
*' 14.'*) ;;
*)
    echo "SKIP: clang-format 14 is not installed ($version)"
    exit 77
    ;;
esac
exec "$top_srcdir/tests/style/format"
