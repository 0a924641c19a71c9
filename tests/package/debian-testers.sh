#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs by which Debian tries packages: cme reads debian/copyright; autopkgtest runs each of
# debian/tests in a root of its own, with what debian/tests/control asks for and nothing else; piuparts
# installs, removes and purges all packages, and upgrades them from the version before where
# debian-upgrade.sh has built it.
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
. "$top_srcdir/tests/package/root.sh"
text="autopkgtest and piuparts"
debian_built D25 "$text"
if need cme; then
    machine_readable() {
        mkdir -p "$work/cme"
        tar -C "$work/cme" --strip-components=1 -xf "$TARBALL"
        cp -R "$top_srcdir/debian" "$work/cme/debian"
        cd "$work/cme"
        cme check -quiet dpkg-copyright
    }
    check D29 "cme check dpkg-copyright: the format is as it must be" machine_readable
else
    skip D29 "cme check dpkg-copyright" "$missing"
fi
root_wanted D25 "$text"
if ! need autopkgtest piuparts; then
    skip D25 "$text" "$missing"
    finish
fi

root=$work/root
# mounted COMMAND...: with a /proc in the root for as long as it runs
mounted() {
    # What the inner shell expands.
    # shellcheck disable=SC2016
    unshare --mount --fork sh -c 'mount -t proc proc "$1/proc" && shift && exec "$@"' sh "$root" "$@"
}
tried() { # TEST
    root_make "$root"
    in_root "$root" apt-get -q update
    mounted autopkgtest --quiet --no-built-binaries --test-name="$1" --summary-file="$work/$1.summary" \
        --output-dir="$work/$1" "$debian"/*.deb "$debian"/libmimalloc_*.dsc -- chroot "$root" >"$work/$1.log" 2>&1 || {
        tail -n 60 "$work/$1.log"
        return 1
    }
    # Nothing is passed over.
    grep -x "$1 *PASS" "$work/$1.summary"
}
sed -n 's/^Tests: //p' "$top_srcdir/debian/tests/control" >"$work/tests"
while read -r test <&3; do
    check D25 "autopkgtest $test" tried "$test"
done 3<"$work/tests"
all_tried() {
    find "$top_srcdir/debian/tests" -type f ! -name control -printf '%f\n' | sort >"$work/wanted"
    cat "$work"/*.summary | sed 's/ .*//' | sort | diff "$work/wanted" -
}
check D25 "these are all of debian/tests" all_tried

old=$PACKAGE_DIR/state/debian-upgrade/previous
piuparts_runs() {
    root_make "$root"
    before=
    if [ -d "$old" ]; then
        root_offer "$root" "$old"
        before=$(dpkg-parsechangelog -l"$top_srcdir/debian/changelog" --offset 1 --count 1 -SVersion)
    fi
    # Names, as words.
    # shellcheck disable=SC2046
    unshare --mount --fork piuparts --existing-chroot="$root" --keep-sources-list --no-eatmydata \
        --distribution="$(. /etc/os-release && echo "$VERSION_CODENAME")" \
        $(find "$debian" -maxdepth 1 -name '*.deb' ! -name '*-dbgsym_*') >"$work/piuparts.log" 2>&1 || {
        grep -E 'ERROR|FAIL' "$work/piuparts.log" || :
        tail -n 40 "$work/piuparts.log"
        return 1
    }
    grep -E 'PASS: ' "$work/piuparts.log"
    [ -z "$before" ] || grep -m 1 -F "$before" "$work/piuparts.log"
}
check D26 "piuparts installs, upgrades and purges all packages" piuparts_runs
finish
