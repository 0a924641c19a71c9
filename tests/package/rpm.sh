#!/bin/sh
# SPDX-License-Identifier: MIT
# The RPM packages, built from the tarball by rpmbuild with Fedora's flags and steps (fedora.macros),
# looked at, and installed by dnf into an empty root beside a stub of the C library's package, where
# programs run on them.  i686 is built as well, since both are installed side by side.
# Functions are called by check, lists of files and flags are words.
# shellcheck disable=SC2046,SC2086,SC2317
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"

points='F1 F3 F5 F7 F8 F9 F10 F11 F12 F13 F14 F15 F17 U11'
reason=
if ! need rpmbuild rpmlint createrepo_c dnf find-debuginfo eu-elflint i686-linux-gnu-gcc; then
    reason=$missing
elif [ "$(id -u)" != 0 ]; then
    reason='dnf --installroot and chroot need root'
elif [ "$(uname -m)" != x86_64 ]; then
    reason='the flags are those of x86-64'
fi
if [ -n "$reason" ]; then
    for point in $points; do
        skip "$point" "RPM packages" "$reason"
    done
    finish
fi

# build CPU CC FLAG... -- ARGUMENT...: into $work/CPU
build() {
    cpu=$1 cc=$2 flags=
    shift 2
    while [ "$1" != -- ]; do
        flags="$flags $1"
        shift
    done
    shift
    mkdir -p "$work/$cpu/SOURCES"
    cp "$TARBALL" "$work/$cpu/SOURCES"
    # BuildRequires are Fedora's names.  What --load brings, --target drops.  %configure prefers the
    # environment's flags to its own.
    env -u CFLAGS -u CXXFLAGS -u CPPFLAGS -u LDFLAGS -u MAKEFLAGS CC="$cc" CXX="${cc%gcc}g++" \
        rpmbuild -ba --nodeps --target "$cpu-linux" \
        --macros "$(rpm --showrc | sed -n 's/^Macro path: //p'):$top_srcdir/tests/package/fedora.macros" \
        --define "_topdir $work/$cpu" --define "_dbpath $work/database" \
        --define "TARGET_FLAGS$flags" "$@" "$top_srcdir/rpm/libmimalloc.spec" >"$work/$cpu.log" 2>&1 || {
        tail -n 60 "$work/$cpu.log"
        return 1
    }
    tail -n 3 "$work/$cpu.log"
}
packages=$work/x86_64/RPMS/x86_64
# package NAME [CPU]: the file of a package, NAME without the libmimalloc in front
package() {
    echo "$work/${2-x86_64}/RPMS/${2-x86_64}/libmimalloc$1-$VERSION-1.fc.${2-x86_64}.rpm"
}
all() {
    for name in '' -libs -devel -static -debuglib -securelib; do
        package "$name" "$@"
    done
}
# In %check, and not only in the log of what configure looked for.
tested() {
    sed -n '/^Executing(%check)/,/^Processing files/p' "$work/x86_64.log" >"$work/tests"
    grep -E '^SKIP: ' "$work/tests" || :
    grep -E '^# (TOTAL|PASS|FAIL|ERROR): ' "$work/tests"
    [ "$(sed -n 's/^# PASS: *//p' "$work/tests" | sort -n | tail -n 1)" -gt 80 ]
    ! grep -E '^# (FAIL|ERROR|XPASS): *[1-9]' "$work/tests" || return 1
}
lists() { # NAME...: exactly these packages were made
    (cd "$packages" && ls) >"$work/made"
    all | sed 's|.*/||' | cat - "$work/expected-debug" | sort | diff - "$work/made"
}
# contents CPU DIRECTORY: the packages have the files of rpm.contents and the manual, and no other
contents() {
    expected_files rpm.contents "$2" libmimalloc-devel >"$work/expected-files"
    for name in '' -libs -devel -static -debuglib -securelib; do
        rpm -qlp "$(package "$name" "$1")" | sed -e '\|^/usr/lib/\.build-id|d' -e "s|^/|libmimalloc$name |"
    done | sort >"$work/found-files"
    [ "$(wc -l <"$work/expected-files")" -gt 150 ]
    diff "$work/expected-files" "$work/found-files"
}
for name in debuginfo debugsource; do
    echo "libmimalloc-$name-$VERSION-1.fc.x86_64.rpm"
done >"$work/expected-debug"

check F1 "rpmbuild -ba, %check included" build x86_64 gcc -m64 -march=x86-64 -mtune=generic -fcf-protection \
    -mno-omit-leaf-frame-pointer -- --noclean
check F1 "the tests ran in %check, and none failed" tested
# What else is true of the packages is seen even then.
[ -s "$(package -libs)" ] ||
    check F1 "rpmbuild -ba, without %check" build x86_64 gcc -m64 -march=x86-64 -mtune=generic \
        -fcf-protection -mno-omit-leaf-frame-pointer -- --noclean --without check
check F1 "the packages are the ones described" lists
[ -s "$(package -libs)" ] || finish

tree=$work/tree
mkdir -p "$tree"
for file in $(all); do
    (cd "$tree" && rpm2archive - <"$file" | tar -xz)
done

license() {
    [ "$(rpm -qp --qf '%{license}\n' "$packages"/*.rpm | sort -u)" = MIT ]
    rpm -qp --licensefiles "$(package -libs)" | grep LICENSE
}
no_la() {
    ! rpm -qlp "$packages"/*.rpm | grep '\.la$' || return 1
}
no_rpath() {
    for file in "$tree"/usr/bin/* "$tree"/usr/lib64/*.so; do
        ! readelf -d "$file" | grep -E 'R(UN)?PATH' || return 1
    done
}
elf() {
    for file in "$tree"/usr/bin/mimalloc-run "$tree"/usr/lib64/*.so; do
        # It does not know the section that Fedora's linker flags ask for.
        eu-elflint --gnu-ld "$file" >"$work/elflint" || :
        ! grep -vE "^No errors|'\.relr\.dyn' has wrong type" "$work/elflint" || return 1
    done
}
executable() {
    rpm -qlvp $(all) | grep '/usr/lib64/.*\.so\.[0-9.]*$' | grep -v ' -> ' >"$work/modes"
    [ "$(wc -l <"$work/modes")" = 4 ]
    ! grep -v '^-rwxr-xr-x' "$work/modes" || return 1
}
provides() {
    for name in libmimalloc:-libs libmimalloc-override:-libs libmimalloc-debug:-debuglib libmimalloc-secure:-securelib; do
        for version in '' MIMALLOC_10.0; do
            rpm -qp --provides "$(package "${name#*:}")" |
                grep -xF "${name%:*}.so.$SONAME_NUMBER($version)(64bit)"
        done
    done
    rpm -qp --provides "$(package -devel)" | grep -x "pkgconfig(mimalloc) = $VERSION"
}
debuginfo() {
    rpm -qlp "$packages"/*-debuginfo-*.rpm >"$work/debug-files"
    for file in "$tree"/usr/bin/mimalloc-run "$tree"/usr/lib64/*.so; do
        id=$(readelf -n "$file" | sed -n 's/ *Build ID: *//p')
        rest=${id#??}
        grep -x "/usr/lib/debug/.build-id/${id%"$rest"}/$rest.debug" "$work/debug-files"
        ! readelf -SW "$file" | grep '\.debug_info' || return 1
    done
    rpm -qlp "$packages"/*-debugsource-*.rpm | grep '/lib/core/alloc\.c$'
}
no_bytecode() {
    for file in "$tree"/usr/lib64/libmimalloc.a "$tree"/usr/lib64/mimalloc-override.o; do
        ! readelf -SW "$file" | grep -E 'gnu\.lto|\.debug_info' || return 1
    done
    # Fat objects have been in the archive: what is left is machine code.
    [ "$(nm -A "$tree/usr/lib64/libmimalloc.a" | grep -c ' T mi_')" -gt 150 ]
}
# Every line that compiles for what is installed has every flag; the object's, no LTO behind them.
flags() {
    grep -E 'libtool: (compile|link): *gcc .*-o .*libmimalloc_|gcc .*-o lib/(libmimalloc_object_a|run/mimalloc_run)' \
        "$work/x86_64.log" | grep -E ' -c ' | grep -vE '\.S( |$)' >"$work/lines"
    [ "$(wc -l <"$work/lines")" -gt 200 ]
    for flag in -O2 -flto=auto -fstack-protector-strong -fstack-clash-protection -fcf-protection \
        -D_FORTIFY_SOURCE=3 -fasynchronous-unwind-tables; do
        ! grep -v -e "$flag" "$work/lines" | head -n 3 | grep . || return 1
    done
    grep -e '-o lib/[a-z]*/libmimalloc_object_a' -e '-o lib/libmimalloc_object_a' "$work/lines" |
        grep -v 'flto=auto.* -fno-lto' | head -n 3 | grep . && return 1
    ! grep -E ' -O[013s]| -march=(native|x86-64-v)' "$work/lines" | head -n 3 | grep . || return 1
    for file in "$tree"/usr/bin/mimalloc-run "$tree"/usr/lib64/*.so; do
        readelf -dW "$file" | grep -E 'FLAGS.*NOW' || return 1
        readelf -lW "$file" | grep GNU_RELRO || return 1
    done
}
# What -fcf-protection is to do is noted in each file.  In a linked one the note is there if all that went
# into it has one, and the start files of Debian's C library have none: the linker, asked again, tells
# which of its inputs lack it.  The others say so themselves.
guarded() {
    cd "$work/x86_64/BUILD/libmimalloc-$VERSION"
    linked='libmimalloc.la libmimalloc-override.la libmimalloc-debug.la libmimalloc-secure.la mimalloc-run'
    rm -f $linked
    env -u MAKEFLAGS "$MAKE" -s LDFLAGS="$(sed -n 's/^LDFLAGS = //p' Makefile) -Wl,-z,cet-report=warning" \
        $linked >"$work/relink" 2>&1 || {
        tail -n 20 "$work/relink"
        return 1
    }
    sed -n 's|.*ld[a-z.]*: \(.*\): warning: missing .* propert.*|\1|p' "$work/relink" | sed 's|.*/||' |
        sort | uniq -c >"$work/unguarded"
    cat "$work/unguarded"
    ! grep -vE ' (S?crt1|crti|crtn)\.o$' "$work/unguarded" || return 1
    if [ ! -s "$work/unguarded" ]; then
        for file in "$tree"/usr/bin/mimalloc-run "$tree"/usr/lib64/*.so; do
            readelf -nW "$file" | grep 'x86 feature: .*IBT, SHSTK' || return 1
        done
    fi
    for file in "$tree"/usr/lib64/libmimalloc.a "$tree"/usr/lib64/mimalloc-override.o; do
        members=1
        [ "${file%.a}" = "$file" ] || members=$(ar t "$file" | wc -l)
        echo "${file##*/}: $members"
        [ "$(readelf -nW "$file" | grep -c 'x86 feature: .*IBT, SHSTK')" = "$members" ]
    done
    rm -rf "$work/x86_64/BUILD"
}
lint() {
    rpmlint -c "$top_srcdir/rpm/rpmlint.toml" "$packages"/*.rpm "$work"/x86_64/SRPMS/*.rpm \
        "$top_srcdir/rpm/libmimalloc.spec" | tee "$work/lint"
    grep -q ' 0 errors, 0 warnings' "$work/lint"
}
# What two packages of one name share is the same; the launcher is the one program, and rpm takes the
# 64-bit one.
multilib() {
    for cpu in x86_64 i686; do
        for name in -libs -devel -static -debuglib -securelib; do
            rpm -qp --qf '[%{FILENAMES} %{FILEDIGESTS} %{FILEMODES:perms} %{FILELINKTOS}\n]' "$(package $name $cpu)"
        done | sort -u >"$work/files-$cpu"
    done
    sort "$work/files-x86_64" "$work/files-i686" | uniq | cut -d' ' -f1 | uniq -d >"$work/differ"
    ! grep -v '^/usr/lib/.build-id$' "$work/differ" || return 1
    # and the check has something to compare
    [ "$(comm -12 "$work/files-x86_64" "$work/files-i686" | grep -c /usr/include/)" = 5 ]
    rpm -qp --provides "$(package -libs i686)" | grep -xF "libmimalloc.so.$SONAME_NUMBER(MIMALLOC_10.0)"
}

check F5 "the packages have the files of rpm.contents and the manual, and no other" contents x86_64 usr/lib64
check F3 "the packages' license is SPDX's MIT, with its text" license
check F7 "no .la files" no_la
check F8 "no search paths" no_rpath
check U11 "eu-elflint finds no error" elf
check F9 "shared libraries have mode 0755" executable
check F10 "automatic provides, with the version node" provides
check F11 "debug information in packages of its own, by build ID; sources" debuginfo
check F12 "built with LTO, no bytecode in archive and object" no_bytecode
check F13 "Fedora's flags on every line, RELRO and BIND_NOW in effect" flags
check F13 "branches are guarded (IBT, SHSTK) in all that is ours" guarded
check F15 "rpmlint has nothing to say about the packages" lint
check F14 "i686 builds" build i686 i686-linux-gnu-gcc -m32 -march=i686 -mtune=generic -msse2 -mfpmath=sse \
    -mstackrealign -- --without check --nodebuginfo
check F14 "those of i686 have the same files" contents i686 usr/lib
check F14 "i686 and x86_64 packages share no file that differs" multilib

# ---- dnf
# What our packages need from others, and nothing else: the C library, pkg-config, the directory of CMake.
stub() {
    rpm -qp --requires $(all) $(all i686) | grep -vE '^(rpmlib\(|libmimalloc)' | sed 's/ *$//' | sort -u >"$work/needs"
    ! grep -vE '^(libc\.so\.6|ld-linux(-x86-64)?\.so\.2|rtld\(GNU_HASH\)|libgcc_s\.so\.1|/usr/bin/pkg-config$|cmake-filesystem)' \
        "$work/needs" || return 1
    {
        printf 'Name: stub\nVersion: 1\nRelease: 1\nSummary: Stub\nLicense: MIT\nBuildArch: noarch\n'
        sed 's/^/Provides: /' "$work/needs"
        printf '%%description\nWhat a system has.\n%%files\n'
    } >"$work/stub.spec"
    mkdir -p "$work/repository"
    rpmbuild -bb --define "_topdir $work/stub" --define "_dbpath $work/database" "$work/stub.spec"
    cp "$work"/stub/RPMS/noarch/*.rpm $(all) $(all i686) "$work/repository"
    createrepo_c -q "$work/repository"
}
root=$work/root
in_root() {
    dnf -q -y --installroot="$root" --releasever=1 --nogpgcheck --setopt=reposdir=/nonexistent \
        --setopt=cachedir="$work/cache" --setopt=varsdir=/nonexistent \
        --repofrompath="local,file://$work/repository" "$@"
    # Fedora's C library does this by a trigger; the one of this machine looks elsewhere by itself.
    mkdir -p "$root/etc"
    echo /usr/lib64 >"$root/etc/ld.so.conf"
    ldconfig -r "$root"
}
installed() {
    rpm --root "$root" -qa --qf '%{name}.%{arch}\n' | grep -v '^stub' | sort | tr '\n' ' '
}
# A C library comes by hand: where the packages' system has it.
system() {
    interpreter=$(readelf -lW "$root/usr/bin/mimalloc-run" | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
    ln -sfn usr/lib64 "$root/lib64"
    mkdir -p "$root/dev" "$root/proc"
    cp -L "$interpreter" "$root$interpreter"
    cp -L "$($CC -print-file-name=libc.so.6)" "$root/usr/lib64"
    ldconfig -r "$root"
    $CC -o "$root/probe" "$top_srcdir/tests/abi/foreign.c" -ldl
    [ -e "$root/$interpreter" ]
}
by_name() {
    mkdir -p "$root"
    in_root --setopt=install_weak_deps=False install libmimalloc
    installed && echo
    [ "$(installed)" = 'libmimalloc-libs.x86_64 libmimalloc.x86_64 ' ]
}
launcher() {
    system
    chroot "$root" /usr/bin/mimalloc-run /probe libmimalloc-override.so.$SONAME_NUMBER
    # The probe tells who serves: false without the launcher, and where the variant is not installed.
    ! chroot "$root" /probe libmimalloc-override.so.$SONAME_NUMBER || return 1
    ! chroot "$root" /usr/bin/mimalloc-run --debug /probe libmimalloc-debug.so.$SONAME_NUMBER || return 1
    [ "$(chroot "$root" /usr/bin/mimalloc-run --version | sed -n '1s/.* //p')" = "$VERSION" ]
}
variants() {
    in_root install libmimalloc-debuglib libmimalloc-securelib
    for variant in debug secure; do
        chroot "$root" /usr/bin/mimalloc-run --$variant /probe libmimalloc-$variant.so.$SONAME_NUMBER
    done
}
# A developer's program, with what is installed in the root and nothing else.
developer() {
    in_root install libmimalloc-static
    PKG_CONFIG_LIBDIR=$root/usr/lib64/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
    export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
    source=$top_srcdir/tests/install/consumer.c
    $CC -o "$root/plain" "$source" $(pkgconf --cflags --libs mimalloc)
    [ "$(chroot "$root" /plain plain)" = plain ]
    $CC -o "$root/override" "$source" $(pkgconf --cflags --libs mimalloc-override)
    [ "$(chroot "$root" /override override)" = override ]
    $CC -static -o "$root/static" $(pkgconf --cflags mimalloc) "$root/usr/lib64/mimalloc-override.o" "$source"
    [ "$(chroot "$root" /static override)" = override ]
    $CC -static -o "$root/archive" "$source" $(pkgconf --cflags --libs --static mimalloc)
    [ "$(chroot "$root" /archive plain)" = plain ]
}
both() {
    in_root install libmimalloc-devel.i686
    installed | grep 'libmimalloc-devel.i686 libmimalloc-devel.x86_64'
    rpm --root "$root" -V libmimalloc libmimalloc-libs.x86_64 libmimalloc-devel.x86_64 libmimalloc-devel.i686
}
removed() {
    in_root remove 'libmimalloc*'
    ! find "$root/usr" ! -path '*/dnf/*' \( -name '*mimalloc*' -o -name 'mi_*' \) | grep . || return 1
    [ -z "$(installed)" ]
}
check F17 "the packages need the C library and what -devel names, no more" stub
check F17 "dnf install libmimalloc resolves to the launcher and the libraries" by_name
check F17 "the launcher runs a program in that root" launcher
check F17 "-debuglib and -securelib serve --debug and --secure" variants
check F17 "-devel and -static build programs that run there" developer
check F14 "i686 installs beside x86_64" both
check F17 "removal leaves nothing" removed
finish
