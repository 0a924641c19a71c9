#!/bin/sh
# SPDX-License-Identifier: MIT
# The packages in a minimal Debian without build tools: installed by name from a repository, used, joined
# by what they go beside, removed and purged without a trace.
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
. "$top_srcdir/tests/package/root.sh"
text="apt-get install libmimalloc in a clean root"
debian_built A2.1 "$text"
root_wanted A2.1 "$text"

root=$work/root
version=$(dpkg-parsechangelog -l"$top_srcdir/debian/changelog" -SVersion)
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
check A2.1 "mmdebstrap makes a minimal root" root_make "$root"
check A2.1 "no compiler, linker or make is in it" \
    sh -c "! ls $root/usr/bin/cc $root/usr/bin/*gcc* $root/usr/bin/ld $root/usr/bin/make"
# man-db beside it, so that its trigger is part of what is compared later.
check A2.1 "apt-get update reads the repository of the built packages" root_offer "$root" "$debian"
check A2.1 "man-db" root_install "$root" man-db

root_state "$root" >"$work/before"
in_root "$root" dpkg-query -W >"$work/packages"

check A2.1 "apt-get install libmimalloc" in_root "$root" apt-get -q -y install libmimalloc
installed() {
    for package in libmimalloc libmimalloc10; do
        [ "$(root_version "$root" "$package")" = "$version" ]
    done
    # Nothing came with them.
    in_root "$root" dpkg-query -W | diff "$work/packages" - | grep '^[<>]' >"$work/new"
    cat "$work/new"
    [ "$(wc -l <"$work/new")" = 2 ]
}
check A2.1 "that installs libmimalloc and libmimalloc10, and nothing else" installed
cached() {
    in_root "$root" ldconfig -p | grep "libmimalloc-override\.so\.10 .*/$multiarch/"
}
check D18 "the loader's cache knows the libraries" cached

cat >"$root/srv/test/programs" <<'END'
seq 100000 | sort -r | md5sum
perl -e 'my %n = map { $_ => "x" x ($_ % 50) } 1..50000; print scalar(keys %n), "\n"'
tar -cf - /etc/apt /etc/alternatives | gzip -n | md5sum
find /usr/share/doc/apt /usr/share/doc/dpkg /usr/share/doc/perl-base -name '*.gz' | sort | xargs zcat | md5sum
grep -rc e /etc/default | sort
END
programs() {
    in_root "$root" sh /srv/test/programs >"$work/plain"
    in_root "$root" mimalloc-run sh /srv/test/programs >"$work/served"
    cmp "$work/plain" "$work/served"
    in_root "$root" env LD_PRELOAD=libmimalloc-override.so.10 sh /srv/test/programs >"$work/served"
    cmp "$work/plain" "$work/served"
    in_root "$root" mimalloc-run grep /libmimalloc-override.so.10 /proc/self/maps
    in_root "$root" mimalloc-run --verbose perl -e 'print "Hello\n"' 2>&1 | grep '^mimalloc: '
}
check A2.1 "mimalloc-run and a preload serve sort, perl, tar, gzip, find and grep" programs
status() {
    status=0
    in_root "$root" mimalloc-run sh -c 'exit 7' || status=$?
    [ "$status" = 7 ]
    # The debug library is not installed yet: told, and not passed over.
    status=0
    in_root "$root" mimalloc-run --debug true || status=$?
    [ "$status" = 126 ] || [ "$status" = 127 ]
}
check U19 "the status is the program's; a variant that is not installed is refused" status
manual() {
    for page in '1 mimalloc-run' '7 mimalloc' '7 mimalloc-options'; do
        # Section and name.
        # shellcheck disable=SC2086
        in_root "$root" man --warnings $page >"$work/page" 2>"$work/warnings"
        silent cat "$work/warnings"
        grep -w "${page#* }" "$work/page" | head -n 1
    done
    in_root "$root" whatis mimalloc-run
}
check D19 "man mimalloc-run, man 7 mimalloc and mimalloc-options, whatis" manual

variants() {
    root_install "$root" libmimalloc-debug10 libmimalloc-secure10
    for variant in debug secure; do
        in_root "$root" mimalloc-run "--$variant" sh /srv/test/programs >"$work/served"
        cmp "$work/plain" "$work/served"
        in_root "$root" mimalloc-run "--$variant" grep "/libmimalloc-$variant.so.10" /proc/self/maps
    done
}
check A2.1 "the debug and the secure library join it and serve the same programs" variants
beside() {
    root_install "$root" libmimalloc2.0
    in_root "$root" env LD_PRELOAD=libmimalloc.so.2 grep -m 1 '/libmimalloc\.so\.2\.' /proc/self/maps
    in_root "$root" env LD_PRELOAD=libmimalloc.so.2 sh /srv/test/programs >"$work/served"
    cmp "$work/plain" "$work/served"
    in_root "$root" mimalloc-run sh /srv/test/programs >"$work/served"
    cmp "$work/plain" "$work/served"
    silent in_root "$root" dpkg --audit
    in_root "$root" apt-get -q -y purge libmimalloc2.0
    in_root "$root" mimalloc-run true
}
check D28 "Debian's libmimalloc2.0 is installed beside them, used, and purged" beside
development() {
    root_install "$root" libmimalloc10-dev
    in_root "$root" man -w mi_malloc mi_heap_new mi_free
    # That of the other source takes its place, and the other way round.
    root_install "$root" libmimalloc-dev
    [ -z "$(root_version "$root" libmimalloc10-dev)" ]
    root_install "$root" libmimalloc10-dev
    [ -z "$(root_version "$root" libmimalloc-dev)" ]
    silent in_root "$root" dpkg --audit
}
check D28 "libmimalloc10-dev and libmimalloc-dev take each other's place" development

# A user of the system may have used it in the meantime.
removed() {
    in_root "$root" apt-get -q -y remove libmimalloc
    [ -z "$(root_version "$root" libmimalloc)" ]
    [ ! -e "$root/usr/bin/mimalloc-run" ]
    [ "$(root_version "$root" libmimalloc10)" = "$version" ]
    in_root "$root" apt-get -q -y --purge autoremove
    in_root "$root" sh -c "dpkg-query -W | sed -n 's/^\\(libmimalloc[^:	]*\\).*/\\1/p' |
        xargs -r apt-get -q -y purge"
    in_root "$root" apt-get -q -y --purge autoremove
    root_state "$root" >"$work/after"
    diff "$work/before" "$work/after"
}
check D26 "removed and purged without a trace" removed
finish
