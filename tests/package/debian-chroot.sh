#!/bin/sh
# SPDX-License-Identifier: MIT
# The packages built in a clean root as a build daemon does it: with what Build-Depends names and nothing
# else, by a user without rights, without a network, with the tests.
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
. "$top_srcdir/tests/package/root.sh"
text="built and tested in a clean root"
debian_built D2 "$text"
root_wanted D2 "$text"

root=$work/root
prepare() {
    root_make "$root"
    debian_source "$root/srv/test"
    mkdir "$root/srv/home"
    chown -R 1000:1000 "$root/srv/test" "$root/srv/home"
    in_root "$root" apt-get -q update
    root_install "$root" build-essential fakeroot
}
check D2 "a clean root with build-essential" prepare
check D2 "apt-get build-dep" in_root "$root" sh -c \
    'cd /srv/test/libmimalloc-*/ && apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends build-dep ./'
# builder COMMAND: there
builder() {
    ROOT_ISOLATED=yes in_root "$root" setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/srv/home \
        "DEB_BUILD_OPTIONS=parallel=$(nproc)" sh -c "cd /srv/test/libmimalloc-*/ && $1"
}
build() {
    builder 'exec dpkg-buildpackage -us -uc -F' >"$work/build.log" 2>&1 || {
        grep '^FAIL' "$work/build.log" || :
        tail -n 100 "$work/build.log"
        return 1
    }
}
check D2 "source and binary packages are built" build
# A test may be passed over for want of what no build of the package should need.
tested() {
    sed -n 's/^SKIP: //p' "$work/build.log" | while read -r name; do
        case $name in
        tests/style/*) reason="style is upstream's affair (LINT in debian/rules)" ;;
        tests/programs/*) reason="the program is not installed" ;;
        tests/tools/*) reason="needs a build of its own, for memcheck or AddressSanitizer" ;;
        tests/bench/pairs-check.sh) reason="counts without valgrind, and limits without hardening, say nothing" ;;
        tests/bench/bench-check.sh) reason="benchmarks need python3" ;;
        tests/abi/types.sh) reason="abigail-tools are not installed" ;;
        *)
            echo "passed over: $name"
            continue
            ;;
        esac
        echo "may be passed over: $name: $reason"
    done >"$work/skipped"
    cat "$work/skipped"
    ! grep -q '^passed over' "$work/skipped" || return 1
    # Each suite of make check says these.
    grep -E '^# (TOTAL|PASS|FAIL|ERROR): ' "$work/build.log"
    [ "$(sed -n 's/^# PASS: *//p' "$work/build.log" | sort -n | tail -n 1)" -gt 80 ]
    ! grep -E '^# (FAIL|ERROR|XPASS): *[1-9]' "$work/build.log" || return 1
}
check D21 "the tests ran, none failed, and none was passed over without need" tested
stops() {
    source=$(echo "$root"/srv/test/libmimalloc-*/)
    printf '#!/bin/sh\nexit 1\n' >"$source/tests/abi/exports.sh"
    ! builder 'dh_auto_test -- TESTS=tests/abi/exports.sh' >"$work/stops.log" 2>&1 || return 1
    grep '^FAIL: tests/abi/exports.sh' "$work/stops.log"
}
check D21 "a test that fails ends the build" stops
# The same as outside of it: what else is installed there left nothing in the packages.
contents() {
    for deb in "$debian"/*.deb; do
        dpkg-deb -c "$deb" | sed 's/.* \.\//.\//' | sort >"$work/outside"
        dpkg-deb -c "$root/srv/test/${deb##*/}" | sed 's/.* \.\//.\//' | sort | diff "$work/outside" -
        dpkg-deb -f "$deb" Depends >"$work/depends"
        dpkg-deb -f "$root/srv/test/${deb##*/}" Depends | diff "$work/depends" -
    done
}
check D2 "with the files and dependencies of those built outside of it" contents
finish
