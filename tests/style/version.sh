#!/bin/sh
# SPDX-License-Identifier: MIT
# The version is one literal, in configure.ac; who repeats it repeats it right.
set -eu
cd "$top_srcdir"
failed=0
# expect WHAT FOUND [EXPECTED]
expect() {
    if [ "$2" != "${3-$VERSION}" ]; then
        echo "FAIL: $1 says '$2', configure.ac '${3-$VERSION}'"
        failed=1
    fi
}
expect include/mimalloc.h \
    "$(sed -n 's/^#define MIMALLOC_PACKAGE_VERSION "\(.*\)"$/\1/p' include/mimalloc.h)"
expect lib/mimalloc.pc "$(sed -n 's/^Version: //p' "$top_builddir/lib/mimalloc.pc")"
expect "the CMake version file" "$(sed -n 's/^set(PACKAGE_VERSION "\([^$]*\)")$/\1/p' \
    "$top_builddir/lib/mimalloc-config-version.cmake")"
expect NEWS "$(sed -n 's/^[^0-9]*\([0-9][0-9.]*\).*/\1/p' NEWS | head -n 1)"
if [ -x "$MIMALLOC_RUN" ]; then
    expect "mimalloc-run --version" "$("$MIMALLOC_RUN" --version | sed -n '1s/.* //p')"
fi
expect rpm/libmimalloc.spec "$(sed -n 's/^Version: *//p' rpm/libmimalloc.spec)"
expect "mi_version(3)" "$(sed -n 's/^\.Fd #define MIMALLOC_PACKAGE_VERSION \\(dq\(.*\)\\(dq$/\1/p' man/mi_version.3)"
# Nobody else repeats it; the benchmarks' results and the texts for people aside.
literal=$(printf '%s\n' "$VERSION" | sed 's/\./\\\\?\\./g')
if { if [ -e .git ] && command -v git >/dev/null; then
    git ls-files
else
    MAKEFLAGS='' MFLAGS='' "${MAKE:-make}" -s -C "$top_builddir" print-distributed
fi; } | grep -E '^(configure\.ac|Makefile\.am|bootstrap|\.ci/|(lib|include|man|tests|m4)/)' |
    xargs grep -nIE "(^|[^0-9.])$literal\.?([^0-9.~]|\$)" /dev/null |
    grep -vE '^(configure\.ac:[0-9]+:AC_INIT|include/mimalloc\.h:|man/mi_version\.3:|tests/bench/.*\.(md|txt|csv):|tests/package/debian)'; then
    echo "FAIL: the lines above repeat the version"
    failed=1
fi
if [ -e debian/changelog ]; then
    expect debian/changelog \
        "$(sed -n '1s/.*(\([^~-]*\).*/\1/p' debian/changelog)"
fi
if [ -n "$PLAIN_SO" ]; then
    # current - age is the SONAME's number.
    number=$(sed -n 's/^AC_SUBST(\[LIBRARY_VERSION\], \[\(.*\):.*:\(.*\)\])$/\1 \2/p' configure.ac)
    current=${number% *} age=${number#* }
    expect "${PLAIN_SO##*/}" "${PLAIN_SO##*.}" $((current - age))
fi
exit $failed
