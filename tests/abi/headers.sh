#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header stands alone, in every standard of C and C++ from 1990 on, without a warning,
# and reads no macro of config.h.
set -eu
# shellcheck source=tests/abi/common.sh
. "$top_srcdir/tests/abi/common.sh"

warnings='-Wall -Wextra -Wpedantic -Werror'

# check COMPILER LANGUAGE STANDARD...: a standard that the compiler does not know is passed over.
check() {
    compiler=$1
    language=$2
    shift 2
    for standard in "$@"; do
        # shellcheck disable=SC2086
        $compiler -std="$standard" -x "$language" -fsyntax-only /dev/null 2>/dev/null || continue
        for header in "$top_srcdir"/include/*.h; do
            case $language:${header##*/} in
            c:mimalloc-new-delete.h) continue ;;
            esac
            for define in MI_NOTHING MI_API_VERSION=2; do
                echo "int header_is_included;" >"$work/unit.$language"
                # shellcheck disable=SC2086
                $compiler -std="$standard" $warnings -I"$top_srcdir/include" -D$define \
                    -include "$header" -x "$language" -fsyntax-only "$work/unit.$language" ||
                    fail "${header##*/} with $compiler -std=$standard -D$define"
            done
        done
    done
}
check "$CC" c gnu89 c99 c11 c17 c2x
if command -v "${CXX%% *}" >/dev/null; then
    check "$CXX" c++ c++98 c++11 c++14 c++17 c++20
fi

if grep -nE '(^|[^A-Z_])(HAVE|SIZEOF)_|CONFIG_H' "$top_srcdir"/include/*.h; then
    fail "a public header reads config.h's macros"
fi
exit $failed
