#!/bin/sh
# SPDX-License-Identifier: MIT
# Packages of the version before this one, as debian/changelog has it, built from these sources, in a clean
# root: upgraded while a program runs on them, removed and purged without a trace.  Then a next SONAME in the
# repository, made of these packages under other names: apt-get install libmimalloc finds its way.
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
. "$top_srcdir/tests/package/root.sh"
text="upgrade and a second SONAME in a clean root"
debian_built D26 "$text"
root_wanted D26 "$text"

changelog=$top_srcdir/debian/changelog
version=$(dpkg-parsechangelog -l"$changelog" -SVersion)
previous=$(dpkg-parsechangelog -l"$changelog" --offset 1 --count 1 -SVersion)
names=$(sed -n 's/^Package: //p' "$top_srcdir/debian/control")
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)

# has VERSION PACKAGE...: all of them are installed in that version
has() {
    wanted=$1
    shift
    for package in "$@"; do
        found=$(root_version "$root" "$package")
        [ "$found" = "$wanted" ] || { echo "$package is $found and not $wanted" && return 1; }
    done
}
absent() {
    for package in "$@"; do
        found=$(root_version "$root" "$package")
        [ -z "$found" ] || { echo "$package $found is installed" && return 1; }
    done
}
apt() {
    in_root "$root" apt-get -q -y -o Dpkg::Use-Pty=0 "$@"
}
# served SONAME-NUMBER: by the override library of that number
served() {
    in_root "$root" mimalloc-run grep -m 1 "/libmimalloc-override\.so\.$1\." /proc/self/maps
}

# ---- the version before this one
old=$work/previous
previous_build() {
    PACKAGED=${previous%-*}
    debian_source "$old"
    debian_build "$tree" -b >"$work/build.log" 2>&1 || {
        tail -n 50 "$work/build.log"
        return 1
    }
    for package in $names; do
        ls "$old/${package}_${previous}"_*.deb
    done
    dpkg --compare-versions "$previous" lt "$version"
}
check D26 "packages of $previous are built" previous_build
# What a program that was built with that version relies on is still there.  abipkgdiff would say so, but
# that of Debian 12 aborts where two libraries share debug symbols; and those are looked for in /usr alone.
dump() { # DIRECTORY PACKAGE OUT: the interface of its libraries, one file for each
    mkdir -p "$3"
    files=$(dpkg-deb -c "$(find "$1" -maxdepth 1 -name "$2_*.deb")" | sed -n 's|.* \./\([^ ]*\.so\.[0-9.]*\)$|/\1|p')
    # What the inner shell expands.
    # shellcheck disable=SC2016
    out=$3 files=$files "$top_srcdir/tests/package/laid-over" "$PACKAGE_DIR" sh -euc '
        for package; do dpkg-deb -x "$package" /; done
        for library in $files; do
            "$top_srcdir/tests/abi/dump" "$library" "$out/${library##*/}.abi"
        done' sh "$(find "$1" -maxdepth 1 -name "$2_*.deb")" "$(find "$1" -maxdepth 1 -name "$2-dbgsym_*.deb")"
}
interface() {
    for package in $(echo "$names" | grep "^libmimalloc.*$SONAME_NUMBER\$"); do
        dump "$old" "$package" "$work/abi-before"
        dump "$debian" "$package" "$work/abi-now"
    done
    for file in "$work/abi-before"/*; do
        grep -q '<function-decl .*mi_malloc' "$file"
        abidiff --no-added-syms --suppressions "$top_srcdir/tests/abi/suppressions" \
            "$file" "$work/abi-now/${file##*/}"
    done
    [ "$(find "$work/abi-before" -name '*.abi' | wc -l)" = 4 ]
}
# And it would: here the one before had a function and a parameter more, and a member elsewhere.
interface_lost() {
    for lost in 's/mi_zalloc_small/mi_zalloc_tiny/g' \
        '/<function-decl .*mangled-name=.mi_zalloc_small./,/<\/function-decl>/s|.*<parameter .*|&&|' \
        "s/layout-offset-in-bits='64'/layout-offset-in-bits='128'/"; do
        for file in "$work/abi-before"/libmimalloc.so.*; do
            sed "$lost" "$file" >"$work/more.abi"
            ! cmp -s "$file" "$work/more.abi" || return 1
            ! abidiff --no-added-syms --suppressions "$top_srcdir/tests/abi/suppressions" \
                "$work/more.abi" "$work/abi-now/${file##*/}" || return 1
        done
    done
}
if need abidw abidiff; then
    check D33 "abidiff finds nothing that the interface of $previous had and this one lacks" interface
    check D33 "abidiff would tell of a function or a parameter that is lost, and of a member that has moved" interface_lost
else
    skip D33 "abidiff" "$missing"
fi

root=$work/root
prepare() {
    root_make "$root"
    root_offer "$root" "$old"
    root_install "$root" man-db
}
check D26 "a clean root with a repository of $previous" prepare
root_state "$root" >"$work/before"
# Names, as words.
# shellcheck disable=SC2086
previous_install() {
    root_install "$root" $names
    has "$previous" $names
}
check D26 "apt-get install of all packages of $previous" previous_install

# One program that is started before and goes on after: it holds the library that dpkg replaces.
mkfifo "$work/go"
# The names are perl's.
# shellcheck disable=SC2016
in_root "$root" mimalloc-run perl -e '
    $| = 1;
    open my $maps, "<", "/proc/self/maps";
    print "ready ", grep(m{/libmimalloc-override\.so}, <$maps>), "\n";
    <STDIN>;
    my %n = map { $_ => "x" x ($_ % 500) } 1 .. 50000;
    delete @n{1 .. 40000};
    print scalar(keys %n), "\n";' <"$work/go" >"$work/running" 2>&1 &
running=$!
exec 4>"$work/go"
started() {
    timeout 600 sh -c "until [ -s '$work/running' ]; do sleep 1; done"
    grep -m 1 '^ready .*/libmimalloc-override' "$work/running"
}
check D26 "a program runs on the library of $previous" started
# shellcheck disable=SC2086
upgrade() {
    root_offer "$root" "$old" "$debian"
    apt upgrade
    has "$version" $names
    silent in_root "$root" dpkg --audit
    silent in_root "$root" dpkg --verify $names
    served "$SONAME_NUMBER"
}
check D26 "apt-get upgrade brings all packages to $version" upgrade
# It may be no more; then the check below says so.
(trap '' PIPE && echo go >&4) || :
exec 4>&-
# Only the shell that started it can wait for it.
ended=0
wait "$running" || ended=$?
goes_on() {
    cat "$work/running"
    [ "$ended" = 0 ] && [ "$(tail -n 1 "$work/running")" = 10000 ]
}
check D26 "the program that ran meanwhile goes on" goes_on
root_state "$root" >"$work/upgraded"
# shellcheck disable=SC2086
purged() {
    apt remove $names
    absent $names
    apt purge $names
    apt --purge autoremove
    root_state "$root" >"$work/after"
    diff "$work/before" "$work/after"
}
check D26 "upgraded, removed and purged without a trace" purged
# shellcheck disable=SC2086
same() {
    root_install "$root" $names
    root_state "$root" | diff "$work/upgraded" -
    apt purge $names
}
check D26 "what an upgrade leaves is what an installation brings" same

# ---- a second SONAME
# next_package PACKAGE: it with every name of the next SONAME, in the programs and libraries too, where the
# other number is as long.
number=$((SONAME_NUMBER + 1))
next=$work/next
next_package() {
    made=$next/$1
    mkdir -p "$next"
    cp -R "$(unpacked "$1")" "$made"
    find "$made" -mindepth 1 -depth -name "*$SONAME_NUMBER*" | while read -r path; do
        name=${path##*/}
        mv "$path" "${path%/*}/$(echo "$name" | sed "s/\(libmimalloc[a-z-]*\|\.so\.\)$SONAME_NUMBER/\1$number/g")"
    done
    find "$made" -type l -lname "*.so.$SONAME_NUMBER*" | while read -r path; do
        ln -sfn "$(readlink "$path" | sed "s/\.so\.$SONAME_NUMBER/.so.$number/")" "$path"
    done
    find "$made" -type f \( -name '*.so.*' -o -name mimalloc-run \) \
        -exec sed -i "s/\.so\.$SONAME_NUMBER\>/.so.$number/g" {} +
    # What the libraries of two packages were built against is that one and its own version.
    sed -i -e "s/\(libmimalloc[a-z-]*\)$SONAME_NUMBER/\1$number/g" -e "s/^Version: .*/Version: $number.0.0-1/" \
        -e "s/(= $version)/(= $number.0.0-1)/g" \
        -e "s/^\(Conflicts\|Replaces\): .*/&, libmimalloc$SONAME_NUMBER-dev/" "$made/DEBIAN/control"
    (cd "$made" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | sort | xargs md5sum >DEBIAN/md5sums)
    dpkg-deb -b "$made" "$next"
}
next_build() {
    for package in $names; do
        next_package "$package"
    done
    mkdir "$work/next-library"
    cp "$next/libmimalloc${number}_"*.deb "$work/next-library"
}
check D27 "packages of the next SONAME, $number" next_build
ours=libmimalloc$SONAME_NUMBER theirs=libmimalloc$number
# A maintainer may upload the library some time before the launcher follows it.
ahead() {
    root_offer "$root" "$debian" "$work/next-library"
    apt install libmimalloc
    has "$version" libmimalloc "$ours"
    absent "$theirs"
    apt purge libmimalloc "$ours"
}
check D27 "libmimalloc$number in the repository: apt-get install libmimalloc resolves to the launcher's" ahead
follows() {
    root_offer "$root" "$debian" "$next"
    apt install libmimalloc
    has "$number.0.0-1" libmimalloc "$theirs"
    absent "$ours"
    served "$number"
    apt purge libmimalloc "$theirs"
}
check D27 "both in the repository: apt-get install libmimalloc brings the later one" follows
carried() {
    root_offer "$root" "$debian"
    apt install libmimalloc
    root_offer "$root" "$debian" "$next"
    apt dist-upgrade
    has "$number.0.0-1" libmimalloc "$theirs"
    has "$version" "$ours"
    # Programs linked with the one and with the other find their own.
    in_root "$root" ldconfig -p | grep "libmimalloc\.so\.$SONAME_NUMBER .*/$multiarch/"
    in_root "$root" ldconfig -p | grep "libmimalloc\.so\.$number .*/$multiarch/"
    served "$number"
    in_root "$root" env "LD_PRELOAD=libmimalloc-override.so.$SONAME_NUMBER" grep -m 1 \
        "/libmimalloc-override\.so\.$SONAME_NUMBER\." /proc/self/maps
    apt --purge autoremove
    absent "$ours"
    has "$number.0.0-1" libmimalloc "$theirs"
}
check D27 "dist-upgrade carries an installed one along; both libraries serve, the unused one is autoremoved" carried
place() {
    root_install "$root" "$ours-dev"
    root_install "$root" "$theirs-dev"
    absent "$ours-dev"
    root_install "$root" "$ours-dev"
    absent "$theirs-dev"
    silent in_root "$root" dpkg --audit
}
check D27 "a later -dev takes the place of this one, and the other way round" place
gone() {
    in_root "$root" sh -c "dpkg-query -W | sed -n 's/^\\(libmimalloc[^:	]*\\).*/\\1/p' |
        xargs apt-get -q -y purge"
    apt --purge autoremove
    root_state "$root" | diff "$work/before" -
}
check D26 "both purged without a trace" gone
finish
