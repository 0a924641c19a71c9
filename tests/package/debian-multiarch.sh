#!/bin/sh
# SPDX-License-Identifier: MIT
# The packages of amd64 and of i386 in one clean root: what is Multi-Arch: same is installed for both at
# once, and one preload serves programs of both.  Those of i386 are what arch-debian.sh has built.
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
. "$top_srcdir/tests/package/root.sh"
text="amd64 and i386 in one clean root"
debian_built D10 "$text"
root_wanted D10 "$text"
if [ "$(dpkg --print-architecture)" != amd64 ]; then
    skip D10 "$text" "this machine is another one"
    finish
fi
if ! need i686-linux-gnu-gcc; then
    skip D10 "$text" "$missing"
    finish
fi

version=$(dpkg-parsechangelog -l"$top_srcdir/debian/changelog" -SVersion)
others=$PACKAGE_DIR/state/arch-debian/i386
other_build() {
    [ -e "$others/libmimalloc10_${version}_i386.deb" ] ||
        ARCHITECTURES=i386 PACKAGE_CHECK=arch-debian PACKAGE_RESULTS=/dev/null \
            sh "$top_srcdir/tests/package/arch-debian.sh"
    ls "$others"/*.deb
}
check D10 "packages of i386" other_build

root=$work/root
multiarch=$(awk '/^Package: / { name = $2 } /^Multi-Arch: same$/ { print name }' "$top_srcdir/debian/control")
prepare() {
    root_make "$root"
    in_root "$root" dpkg --add-architecture i386
    root_offer "$root" "$debian" "$others"
    [ "$(echo "$multiarch" | wc -l)" = 4 ]
}
check D10 "a clean root for both" prepare
together() {
    # Names, as words.
    # shellcheck disable=SC2046
    root_install "$root" libmimalloc $(for name in $multiarch; do echo "$name:amd64" "$name:i386"; done)
    for name in $multiarch; do
        for architecture in amd64 i386; do
            [ "$(root_version "$root" "$name:$architecture")" = "$version" ]
        done
    done
    silent in_root "$root" dpkg --audit
    # shellcheck disable=SC2046
    silent in_root "$root" dpkg --verify $(for name in $multiarch; do echo "$name:amd64" "$name:i386"; done)
}
check D10 "all that is Multi-Arch: same is installed for both" together
one() {
    [ "$(root_version "$root" libmimalloc:amd64)" = "$version" ]
    in_root "$root" apt-get -s install libmimalloc:i386 | grep '^Remv libmimalloc '
}
check D10 "of the launcher there is one" one
served() {
    gcc -o "$root/srv/test/probe-amd64" "$top_srcdir/tests/abi/foreign.c" -ldl
    i686-linux-gnu-gcc -o "$root/srv/test/probe-i386" "$top_srcdir/tests/abi/foreign.c" -ldl
    file=libmimalloc-override.so.$SONAME_NUMBER
    for architecture in amd64 i386; do
        probe=/srv/test/probe-$architecture
        in_root "$root" mimalloc-run "$probe" "$file"
        in_root "$root" env LD_PRELOAD="$file" "$probe" "$file"
        # The probe fails where the C library serves.
        ! in_root "$root" "$probe" "$file" || return 1
    done
    # The variants, and a child of the other machine.
    for variant in debug secure; do
        in_root "$root" mimalloc-run "--$variant" sh -c "/srv/test/probe-i386 libmimalloc-$variant.so.$SONAME_NUMBER"
    done
}
if kernel_runs i686-linux-gnu; then
    check D10 "one launcher and one preload serve programs of both" served
else
    skip D10 "one launcher and one preload serve programs of both" "this kernel does not run those of i386"
fi
# What autopkgtest -a i386 does on amd64: compilers for the other machine, and its packages.
crossed() { # TEST
    mkdir -p "$root/srv/test/$1"
    in_root "$root" env "AUTOPKGTEST_TMP=/srv/test/$1" DEB_HOST_GNU_TYPE=i686-linux-gnu \
        sh -c "cd /srv/test/source && exec debian/tests/$1"
}
crossing() {
    root_install "$root" build-essential crossbuild-essential-i386 cmake pkgconf:i386 check:i386 \
        libstdc++6:i386
    mkdir -p "$root/srv/test/source"
    tar -C "$root/srv/test/source" --strip-components=1 -xf "$TARBALL"
    cp -R "$top_srcdir/debian" "$root/srv/test/source/debian"
}
if kernel_runs i686-linux-gnu; then
    check D25 "compilers for i386" crossing
    check D25 "debian/tests/build, crossed" crossed build
    check D25 "debian/tests/suite, crossed" crossed suite
else
    skip D25 "debian/tests/build and suite, crossed" "this kernel does not run programs of i386"
fi
alone() {
    in_root "$root" apt-get -q -y purge libmimalloc10:i386
    in_root "$root" mimalloc-run true
    [ "$(root_version "$root" libmimalloc10:amd64)" = "$version" ]
    silent in_root "$root" dpkg --verify libmimalloc10:amd64
}
check D10 "purging the one leaves the other" alone
finish
