#!/bin/sh
# SPDX-License-Identifier: MIT
# The packages built once more, where all that may differ from one machine to another does: the path and
# its length, the file system and with it the order of files, the user, the name of the host, the home,
# locale, language, time zone, umask, clock, number of jobs and other words of the environment.  What
# comes out is what debian-build.sh has, bit for bit.
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
text="the same packages from another place, user, locale and time"
debian_built D24 "$text"
if [ "$(id -u)" != 0 ] || ! need faketime localedef unshare setpriv; then
    skip D24 "$text" "${missing:-only root can give the build another file system}"
    finish
fi

mkdir "$work/locales" "$work/made"
# Where letters sort and print otherwise than in C.UTF-8.
check D24 "a locale of another language" localedef -i et_EE -f UTF-8 "$work/locales/et_EE.UTF-8"

cat >"$work/build" <<'END'
# As root in namespaces of its own; what it makes it leaves in $1/made.
set -eu
work=$1 source=$2
hostname elsewhere
mount -t tmpfs -o mode=755 none /mnt
mkdir /mnt/home /mnt/locales
cp -R "$work/locales/." /mnt/locales
deep=/mnt/another/place/with-a/rather/longer/name/than/the/first
mkdir -p "$deep"
# In the other order.
(cd "$source" && find . ! -type d | sort -r | tar -cf - --no-recursion -T -) | tar -C "$deep" -xf -
chown -R 12345:12345 /mnt
cd "$deep"/libmimalloc-*/
# A faked stat would shift dates that stay in the packages.
status=0
setpriv --reuid=12345 --regid=12345 --clear-groups env -i PATH="/usr/local/games:$PATH" HOME=/mnt/home \
    LC_ALL=et_EE.UTF-8 LANG=et_EE.UTF-8 LANGUAGE=et_EE:fr LOCPATH=/mnt/locales TZ=Pacific/Kiritimati USER=other \
    SHELL=/bin/dash COLUMNS=60 CAPTURED=yes \
    DEB_BUILD_OPTIONS='nocheck parallel=5' DEB_BUILD_PROFILES=nocheck NO_FAKE_STAT=1 sh -ec '
    umask 077
    locale charmap
    date
    exec faketime -f "+419d" dpkg-buildpackage -us -uc -r/bin/false -F' || status=$?
find .. -maxdepth 1 -type f -exec cp {} "$work/made" \;
exit $status
END
build() {
    debian_source "$work/source"
    unshare --mount --uts --fork sh "$work/build" "$work" "$work/source" >"$work/build.log" 2>&1 || {
        tail -n 50 "$work/build.log"
        return 1
    }
}
check D24 "they are built there" build
# The build really was elsewhere: what the log of it says.
elsewhere() {
    ! grep -i 'cannot set \|setting locale failed' "$work/build.log" || return 1
    grep -m 1 '^UTF-8$' "$work/build.log"
    grep -m 1 '/mnt/another/.*ffile-prefix-map\|ffile-prefix-map=/mnt/another' "$work/build.log"
    year=$(date +%Y)
    grep "^Build-Date: .* $((year + 1)) \|^Build-Date: .* $((year + 2)) " "$work/made"/*.buildinfo
    grep '^ *TZ=\|^ *LANG=' "$work/made"/*.buildinfo
}
check D24 "place, clock and locale of that build were other ones" elsewhere
# One line for each member that differs.
differ() {
    for deb in "$1" "$2"; do
        rm -rf "$work/differ"
        dpkg-deb -R "$deb" "$work/differ"
        (cd "$work/differ" && find . -printf '%p %y %m %u %T+ %l ' \( -type f -exec md5sum {} \; -o -printf '\n' \) | sort) \
            >"$work/members-${deb##*/}-$([ "$deb" = "$1" ] && echo first || echo second)"
    done
    diff "$work/members-${1##*/}-first" "$work/members-${1##*/}-second" | head -n 20
}
same() {
    find "$debian" -maxdepth 1 -name '*.deb' -o -maxdepth 1 -name '*.dsc' -o -maxdepth 1 -name '*.tar.xz' >"$work/files"
    # Packages, all but -dev with debug symbols, and three files of the source.
    [ "$(wc -l <"$work/files")" = $((2 * $(grep -c '^Package:' "$top_srcdir/debian/control") + 2)) ]
    result=0
    while read -r file; do
        if cmp "$file" "$work/made/${file##*/}"; then
            sha256sum "$file"
        else
            result=1
            case $file in
            *.deb) differ "$file" "$work/made/${file##*/}" || : ;;
            esac
        fi
    done <"$work/files"
    [ "$result" = 0 ]
}
check D24 "source and binary packages are the same, bit for bit" same
finish
