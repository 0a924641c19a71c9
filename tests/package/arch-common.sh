# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2164
# Shared by the checks of other machines and C libraries (arch-*.sh); sourced after common.sh.  Builds
# lie in $arch, so that one check uses what another has built.
arch=$PACKAGE_DIR/arch
here=$top_srcdir/tests/package
mkdir -p "$arch"
# shellcheck source=tests/package/apt-source.sh
. "$here/apt-source.sh"
# shellcheck source=tests/abi/instructions.sh
. "$top_srcdir/tests/abi/instructions.sh"
: "${MAKE:=make}"
jobs=-j$(nproc)
# Emulators are slow; Check multiplies every limit.
CK_TIMEOUT_MULTIPLIER=20
export CK_TIMEOUT_MULTIPLIER

# What a check has cost so far; others may use the machine too.
spent() {
    times >"$work/times"
    sed -n '2s/^/processor time, user and system: /p' "$work/times"
}

# packages NAME...: are they installed?  Where PACKAGE_INSTALL says yes, root installs what is not.  What is
# missing then is named in $missing.
packages() {
    missing=
    for package in "$@"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
        [ "$state" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "${PACKAGE_INSTALL-}" != yes ] || [ "$(id -u)" != 0 ]; then
        missing="not installed:$missing"
        return 1
    fi
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -o DPkg::Lock::Timeout=600 $missing >"$work/apt" 2>&1 || {
        cat "$work/apt"
        missing="cannot be installed:$missing"
        return 1
    }
}

# The sources, out of the tarball.
unpack_source() {
    [ ! -e "$arch/source/configure" ] || return 0
    rm -rf "$arch/source"
    mkdir "$arch/source"
    tar -C "$arch/source" --strip-components=1 -xf "$TARBALL"
}

# Debian's sources of Check.
fetch_check() {
    [ ! -e "$arch/check/configure" ] || return 0
    rm -rf "$arch/check"
    apt_sources "$arch/apt"
    cd "$arch/apt"
    apt_with get source --download-only check
    dpkg-source --skip-debianization -x ./*.dsc "$arch/check"
}

# build_check NAME TRIPLET COMPILER: Check for another machine or C library, as a static library.
build_check() {
    [ ! -e "$arch/root/$1/lib/libcheck.a" ] || return 0
    fetch_check
    mkdir -p "$arch/check-$1"
    cd "$arch/check-$1"
    ../check/configure --quiet --host="$2" --prefix="$arch/root/$1" --disable-shared \
        --disable-dependency-tracking --disable-subunit --disable-build-docs --disable-timeout-tests \
        CC="$3" CFLAGS=-O1
    for folder in lib src; do
        $MAKE -s "$jobs" -C $folder
    done
    $MAKE -s -C src install
    rm -f "$arch/root/$1/lib/libcheck.la" # names libraries of this machine
}

# What nothing here asks for, though it is a quarter of the time: what depends on what, since all is built
# once, and debug information.
once='--disable-dependency-tracking CFLAGS=-O2 CXXFLAGS=-O2'

# configure_with_check NAME [ARGUMENT...]
configure_with_check() {
    name=$1
    shift
    unpack_source
    mkdir -p "$arch/$name"
    cd "$arch/$name"
    # shellcheck disable=SC2086
    ../source/configure --quiet --enable-werror $once \
        CHECK_CFLAGS="-I$arch/root/$name/include" \
        CHECK_LIBS="-L$arch/root/$name/lib -lcheck -lm -lrt" "$@"
}

# build NAME TRIPLET [ARGUMENT...]: the libraries, and the programs of the tests, for a machine of arch.txt.
build() {
    build_name=$1 triplet=$2
    shift 2
    build_check "$build_name" "$triplet" "$triplet-gcc"
    configure_with_check "$build_name" --enable-secure --host="$triplet" CC="$triplet-gcc" \
        CXX="$triplet-g++" "$@"
    $MAKE -s "$jobs"
    $MAKE -s "$jobs" check TESTS=
    spent
}

# build_static NAME TRIPLET [any]: the static library alone, as NAME-static, whose tests are static programs:
# by --static, since libtool takes -static for itself and drops it.  any: where they may as well be dynamic.
build_static() {
    static=--static
    [ -z "${3:-}" ] || static=-static
    build_check "$1" "$2" "$2-gcc"
    ln -sfn "$1" "$arch/root/$1-static"
    configure_with_check "$1-static" --host="$2" CC="$2-gcc $static" CXX=false CFLAGS=-O1 \
        --disable-override --disable-shared
    $MAKE -s "$jobs" all tests/api/basic
    [ -n "${3:-}" ] || ! readelf -l tests/api/basic | grep INTERP || return 1
}

# tests_of NAME PATTERN...: the tests of a build whose names match one of the patterns of case.
tests_of() {
    cd "$arch/$1"
    shift
    found=
    for test in $($MAKE -s print-tests); do
        for pattern in "$@"; do
            # shellcheck disable=SC2254
            case $test in
            $pattern) found="$found $test" ;;
            esac
        done
    done
    [ -n "$found" ]
    echo "$found"
}

# suite NAME PATTERN... -- [PREFIX...]: run these tests of a build, by a command if one is given.
suite() {
    name=$1
    shift
    patterns=
    while [ "$1" != -- ]; do
        patterns="$patterns $1"
        shift
    done
    shift
    set -f
    # shellcheck disable=SC2086
    tests=$(tests_of "$name" $patterns)
    set +f
    cd "$arch/$name"
    for test in $tests; do
        rm -f "$test.trs"
    done
    # Built first, and not by the emulator's make: programs are what has no ending.
    # shellcheck disable=SC2046
    $MAKE -s "$jobs" $(for test in $tests; do echo "$test"; done | grep -v '\.sh$')
    suite_status=0
    "$@" "$MAKE" -s -k "$jobs" check-TESTS check_PROGRAMS= check_LIBRARIES= TESTS="$tests" ||
        suite_status=$?
    spent
    [ $suite_status = 0 ] || cat test-suite.log
    # One that ran nothing has not passed.
    # shellcheck disable=SC2046
    grep -q '^:test-result: PASS' $(for test in $tests; do echo "$test.trs"; done)
    return $suite_status
}

# table: the lines of arch.txt.
table() {
    sed -e '/^#/d' -e '/^$/d' "$here/arch.txt"
}

# baseline NAME ARCHITECTURE TRIPLET-: nothing that a build installs has any.
baseline() {
    instructions "$2" "$3objdump" "$arch/$1"/.libs/*.so "$arch/$1/.libs/libmimalloc.a" \
        "$arch/$1/mimalloc-override.o" "$arch/$1/mimalloc-run" >"$work/above"
    cat "$work/above"
    [ ! -s "$work/above" ]
}

# baseline_finds ARCHITECTURE TRIPLET- FLAGS: the check above sees what a compiler that may use later
# instructions writes.
baseline_finds() {
    found_later "$1" "$2objdump" "$2gcc" "$3"
}

# no_libatomic NAME TRIPLET-: the C library and its loader are all that is needed; but on ARM the tables
# by which exceptions pass through C name a function of the compiler's library.
no_libatomic() {
    for file in "$arch/$1"/.libs/*.so; do
        "$2readelf" -d "$file" | sed -n "s|.*NEEDED.*\\[\\(.*\\)\\]|${file##*/} \\1|p"
    done >"$work/needed"
    cat "$work/needed"
    [ "$(cut -d ' ' -f 1 "$work/needed" | sort -u | wc -l)" = 4 ]
    case $2 in
    arm-*) allowed='libc\.so\.6|ld-linux-armhf\.so\.3|libgcc_s\.so\.1' ;;
    *) allowed='libc\.so(\.6)?|ld[a-z0-9-]*\.so\.[0-9]' ;;
    esac
    ! grep -vE " ($allowed)\$" "$work/needed"
}
