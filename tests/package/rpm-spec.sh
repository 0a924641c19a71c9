#!/bin/sh
# SPDX-License-Identifier: MIT
# rpm/libmimalloc.spec as a text: what Fedora's guidelines ask of it, before anything is built.
# Functions are called by check.
# shellcheck disable=SC2317
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"

spec=$top_srcdir/rpm/libmimalloc.spec
points='F1 F2 F3 F4 F5 F6 F15 F18 F19 U5'
if ! need rpmspec rpmlint; then
    for point in $points; do
        skip "$point" "the RPM spec" "$missing"
    done
    finish
fi
rpmspec -P "$spec" >"$work/spec" 2>"$work/warnings" || :

parses() {
    cat "$work/warnings"
    [ -s "$work/spec" ] && [ ! -s "$work/warnings" ]
}
# has SECTION LINE...: are these lines, or beginnings of lines, in a section of the spec as written?
has() {
    section=$1
    shift
    awk -v section="%$section" '
        /^%(package|description|prep|build|install|check|files|changelog)/ {
            inside = $0 == section || $1 " " $2 == section
        }
        inside' "$spec" >"$work/section"
    for line in "$@"; do
        grep -qF -e "$line" "$work/section" || { echo "%$section lacks: $line" && return 1; }
    done
}
sections() {
    has prep '%autosetup -p1'
    has build '%configure --disable-silent-rules --enable-static' '%make_build'
    has install '%make_install'
    # The log of a build is all that is left of one that failed.
    has check '%make_build check || { cat test-suite.log; exit 1; }'
}
license() {
    grep -q '^License: *MIT$' "$spec"
    has 'files libs' '%license LICENSE'
}
sonames() {
    ! grep -nE '\.so\.?\*' "$spec" || return 1
    grep -q "^%global soname $SONAME_NUMBER\$" "$spec"
    has 'files libs' '/libmimalloc.so.%{soname}{' '/libmimalloc-override.so.%{soname}{'
    has 'files debuglib' '/libmimalloc-debug.so.%{soname}{'
    has 'files securelib' '/libmimalloc-secure.so.%{soname}{'
}
same_release='%{?_isa} = %{version}-%{release}'
devel() {
    grep -qF "Requires:       %{name}-libs$same_release" "$spec"
    has 'package devel' "%{name}-libs$same_release" "%{name}-debuglib$same_release" \
        "%{name}-securelib$same_release"
}
static() {
    has 'package static' "Requires:       %{name}-devel$same_release"
    has 'files static' '/libmimalloc.a' '/mimalloc-override.o'
}
scriptlets() {
    ! grep -nE 'ldconfig|^%(pre|post|preun|postun|pretrans|posttrans|(file|transfile)?trigger[a-z]*)( |$)' \
        "$work/spec" || return 1
    release=$(rpmspec -q --srpm --undefine dist --qf '%{version}-%{release}' "$spec")
    has changelog "- $release"
    awk '/^%changelog/ { inside = 1 } inside && /^\*/ { print $NF; exit }' "$spec" | grep -qx "$release"
}
conflict() {
    grep -B 5 '^Conflicts: *mimalloc-devel$' "$spec" | grep -q '^#.*pkgconfig(mimalloc)'
}
lint() {
    rpmlint -c "$top_srcdir/rpm/rpmlint.toml" "$spec" | tee "$work/lint"
    grep -q ' 0 errors, 0 warnings' "$work/lint"
}
version() {
    [ "$(rpmspec -q --srpm --qf '%{version}' "$spec")" = "$VERSION" ]
}
check F1 "the spec parses" parses
check F2 "%autosetup, %configure, %make_build, %make_install, %check, which shows the log of a failure" sections
check F3 "SPDX license, %license with the libraries" license
check F4 "the SONAME's number is spelled in %files" sonames
check F5 "-devel requires this release of the libraries whose links it has" devel
check F6 "archive and object are in -static, which requires -devel" static
check F15 "rpmlint has nothing to say about the spec" lint
check F18 "no scriptlets; %changelog names this release" scriptlets
check F19 "-devel conflicts with mimalloc-devel, and says why, and who provides pkgconfig(mimalloc)" conflict
check U5 "the spec's version is configure.ac's" version
not_applicable F16 "signature of the tarball, in %prep" "no release is signed yet, and no key is invented"
finish
