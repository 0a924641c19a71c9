#!/bin/sh
# SPDX-License-Identifier: MIT
# The Debian packages for other machines of Debian's: cross built, on a layer above this machine's files
# (laid-over) that gets the other machine's C library and is dropped after the build.
# Functions here are called by check.
# shellcheck disable=SC2317
: "${top_srcdir:?}" "${PACKAGE_DIR:?}"
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"
# shellcheck source=tests/package/arch-common.sh
. "$top_srcdir/tests/package/arch-common.sh"

if [ ! -d "$top_srcdir/debian" ]; then
    skip D22 "cross builds" "a tarball has no debian/"
    finish
fi
if [ "$(id -u)" != 0 ] || ! need dpkg-buildpackage dh; then
    skip D22 "cross builds" "${missing:-only as root}"
    finish
fi

# cross_build ARCHITECTURE.  The C library is what those who build for others add to what a package names.
cross_build() {
    directory=$work/$1
    mkdir "$directory"
    debian_source "$directory"
    cat >"$directory/build" <<'EOC'
set -eu
dpkg --add-architecture "$1"
apt-get update >"$3/apt.log" 2>&1 || echo "not all lists of packages are up to date"
cd "$2"
apt-get build-dep -y --no-install-recommends --host-architecture "$1" \
    --build-profiles cross,nocheck ./ >>"$3/apt.log" 2>&1 &&
    apt-get install -y --no-install-recommends "libc6:$1" >>"$3/apt.log" 2>&1 || {
    cat "$3/apt.log"
    exit 1
}
DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage "-a$1" -Pcross,nocheck -b -us -uc >"$3/build.log" 2>&1 || {
    tail -n 60 "$3/build.log"
    exit 1
}
EOC
    "$here/laid-over" "$PACKAGE_DIR" env -i PATH="$PATH" HOME="${HOME-/}" LC_ALL="$LC_ALL" \
        DEBIAN_FRONTEND=noninteractive sh "$directory/build" "$1" "$tree" "$directory"
}

# What was built is for that machine, and depends on its C library and nothing else.
is_for() {
    ls "$work/$1"
    [ "$(find "$work/$1" -name "*_$1.deb" ! -name '*dbgsym*' | wc -l)" = "$(grep -c '^Package:' "$top_srcdir/debian/control")" ]
    dpkg-deb -x "$work/$1"/libmimalloc10_*_"$1".deb "$work/$1/root"
    library=$(find "$work/$1/root" -name 'libmimalloc-override.so.*.*')
    "$2-readelf" -h "$library" | sed -n 's/^ *\(Class\|Machine\):/\1/p'
    dpkg-deb -f "$work/$1"/libmimalloc10_*_"$1".deb Depends >"$work/$1/depends"
    cat "$work/$1/depends"
    case $1 in
    armhf) extra=', libgcc-s1 ([^)]*)' ;; # see no_libatomic
    *) extra= ;;
    esac
    grep -qx "libc6 (>= [0-9.]*)$extra" "$work/$1/depends"
}

table | grep -v '^riscv64 ' >"$work/table" # not a machine of Debian 12
exec 3<"$work/table"
while read -r name triplet _ <&3; do
    case " ${ARCHITECTURES:-$name} " in
    *" $name "*) ;;
    *) continue ;;
    esac
    if ! packages "gcc-$triplet"; then
        skip D22 "$name" "$missing"
        continue
    fi
    check D22 "$name: dpkg-buildpackage -a$name -Pcross,nocheck" cross_build "$name"
    check D22 "$name: every package, for that machine, depending on its C library" \
        is_for "$name" "$triplet"
done
finish
