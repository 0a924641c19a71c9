# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Shared by the package checks; sourced, not run.  A check says for each point of what packages must
# be (a letter and a number, or a word) whether it holds, and ends with finish.  make gives in the
# environment: PACKAGE_DIR, where all checks of a run leave what they build; TARBALL; SONAME_NUMBER;
# VERSION; and what the tests of make check are given.
set -eu
LC_ALL=C.UTF-8
export LC_ALL
unset LD_PRELOAD LD_LIBRARY_PATH
# A directory of the check's own, new in each run and kept after it.
work=$PACKAGE_DIR/state/$PACKAGE_CHECK
rm -rf "$work"
mkdir -p "$work"
failures=0

# say RESULT POINT TEXT: one line of the table.
say() {
    echo "$1: $2: $3"
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$PACKAGE_CHECK" "$3" >>"$PACKAGE_RESULTS"
}

# check POINT TEXT COMMAND...: holds when the command succeeds; what it prints is in the log.  A function
# ends at its first command that fails, and sets no variables of the script's.
check() {
    check_point=$1 check_text=$2
    shift 2
    echo "---- $check_point: $check_text"
    set +e
    (
        set -e
        "$@"
    ) </dev/null 2>&1
    check_status=$?
    set -e
    if [ $check_status = 0 ]; then
        say ok "$check_point" "$check_text"
    else
        say FAIL "$check_point" "$check_text"
        failures=$((failures + 1))
    fi
}

# silent COMMAND...: succeeds and prints nothing.
silent() {
    silent_status=0
    silent_output=$("$@" 2>&1) || silent_status=$?
    [ -z "$silent_output" ] || printf '%s\n' "$silent_output"
    [ $silent_status = 0 ] && [ -z "$silent_output" ]
}

# skip POINT TEXT REASON
skip() {
    say skip "$1" "$2: $3"
}

# not_applicable POINT TEXT REASON: what cannot be had here whatever is installed, or is not there to be
# looked at.  Told, and no failure even where nothing may be passed over.
not_applicable() {
    say n/a "$1" "$2: $3"
}

# need TOOL...: are these programs there?  What is not is named in $missing.
need() {
    missing=
    for tool in "$@"; do
        command -v "$tool" >/dev/null || missing="$missing${missing:+, }$tool"
    done
    [ -z "$missing" ] && return 0
    missing="not installed: $missing"
    return 1
}

# debian_source DIRECTORY: the source package as a maintainer has it: the tarball and, beside it, the
# tree with debian/, which is no part of the tarball.  Sets $tree.  Where PACKAGED names a version of
# debian/changelog, that is the newest one.
debian_source() {
    mkdir -p "$1"
    cp -R "$top_srcdir/debian" "$1/debian"
    [ -z "${PACKAGED-}" ] ||
        sed -n "/^libmimalloc ($PACKAGED-/,\$p" "$top_srcdir/debian/changelog" >"$1/debian/changelog"
    debian_upstream=$(sed -n '1s/.*(\(.*\)-[^-]*).*/\1/p' "$1/debian/changelog")
    cp "$TARBALL" "$1/libmimalloc_$debian_upstream.orig.tar.xz"
    tar -C "$1" -xf "$TARBALL"
    tree=$1/libmimalloc-$debian_upstream
    [ -d "$tree" ] || mv "$1/libmimalloc-$VERSION" "$tree"
    mv "$1/debian" "$tree"
}

# debian_build TREE ARGUMENT...: dpkg-buildpackage there.  Nothing of make's own may enter.
debian_build() {
    (
        cd "$1"
        shift
        env -i PATH="$PATH" HOME="${HOME-/}" LC_ALL="$LC_ALL" \
            DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS-nocheck} parallel=$(nproc)" \
            DEB_BUILD_PROFILES="${DEB_BUILD_PROFILES-nocheck}" \
            dpkg-buildpackage -us -uc -r/bin/false "$@"
    )
}

# For checks of the Debian packages: what debian-build.sh left.  A check that finds nothing is over.
debian=$PACKAGE_DIR/debian
debian_built() {
    [ -z "$(find "$debian" -name '*.changes' 2>/dev/null)" ] || return 0
    skip "$1" "$2" "there are no Debian packages here (debian-build)"
    exit 0
}

# unpacked PACKAGE: the directory with what a built package holds; control files in DEBIAN/.
unpacked() {
    [ -d "$debian/unpacked/$1" ] || {
        mkdir -p "$debian/unpacked"
        dpkg-deb -R "$(find "$debian" -maxdepth 1 -name "$1_*.deb")" "$debian/unpacked/$1"
    }
    echo "$debian/unpacked/$1"
}

# kernel_runs TRIPLET: does this machine's kernel run what that cross compiler makes?
kernel_runs() {
    printf 'int main(void) { return 0; }\n' >"$work/runs.c"
    "$1-gcc" -static -o "$work/runs" "$work/runs.c" && "$work/runs" 2>/dev/null
}

# expected_files LIST LIBDIR PACKAGE: "package file" for all files of a LIST beside this script, sorted, and
# for the manual's pages of section 3, which are PACKAGE's.
expected_files() {
    {
        sed -e 's/#.*//' -e '/^ *$/d' -e "s|@LIBDIR@|$2|" -e "s|@N@|$SONAME_NUMBER|g" \
            -e "s|@NUMBERS@|$(library_numbers)|" "$top_srcdir/tests/package/$1"
        for page in "$top_srcdir"/man/*.3; do
            sed -n -e '/^\.Sh SYNOPSIS/q' -e 's/^\.Nm \([A-Za-z0-9_]*\).*/\1/p' "$page"
        done | sed "s|.*|$3 usr/share/man/man3/&.3.gz|"
    } | sort
}

# library_numbers: those at the end of the libraries' file names; libtool is told current:revision:age.
library_numbers() {
    sed -n 's/^LIBRARY_VERSION = //p' "$top_builddir/Makefile" | awk -F: '{ print $1 - $3 "." $3 "." $2 }'
}

finish() {
    [ $failures = 0 ] || exit 1
    exit 0
}
