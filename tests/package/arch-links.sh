#!/bin/sh
# SPDX-License-Identifier: MIT
# Machines that no suite is run for: the libraries are built by a cross compiler, and installed, and a
# program links with each of them as the pkg-config files say, shared and static.  libatomic is needed, and
# named for static links, only where the processor has no atomic operations on words.
# Functions here are called by check.
# shellcheck disable=SC2317
: "${top_srcdir:?}" "${PACKAGE_DIR:?}"
# shellcheck source=tests/package/common.sh
. "$top_srcdir/tests/package/common.sh"
# shellcheck source=tests/package/arch-common.sh
. "$top_srcdir/tests/package/arch-common.sh"

# name, triplet, emulator, whether libatomic is needed, flags of the compiler
cat >"$work/table" <<'EOC'
armel        arm-linux-gnueabi   arm      no
mipsel       mipsel-linux-gnu    mipsel   no
powerpc      powerpc-linux-gnu   ppc      no
riscv64-no-a riscv64-linux-gnu   riscv64  yes  -march=rv64imfdc -mabi=lp64d
EOC

install_for() { # NAME TRIPLET [FLAG...]
    name=$1 triplet=$2
    shift 2
    unpack_source
    root=$arch/links-$name/root
    mkdir -p "$arch/links-$name"
    cd "$arch/links-$name"
    ../source/configure --quiet --enable-werror --enable-secure --disable-dependency-tracking \
        --host="$triplet" --prefix="$root" CC="$triplet-gcc" CXX="$triplet-g++" CFLAGS="-O2 $*"
    $MAKE -s "$jobs"
    $MAKE -s install >install.log
}
# Of the machine's own triplet there may be none.
pkg() { PKG_CONFIG_LIBDIR=$arch/links-$name/root/lib/pkgconfig pkg-config "$@"; }

atomic_is() { # NAME yes|no
    name=$1
    for file in "$arch/links-$name"/.libs/*.so; do
        readelf -d "$file" | sed -n "s|.*NEEDED.*\\[\\(.*\\)\\]|${file##*/} \\1|p"
    done >"$work/needed"
    cat "$work/needed"
    pkg --libs --static mimalloc
    if [ "$2" = yes ]; then
        [ "$(grep -c ' libatomic\.so' "$work/needed")" = 4 ]
        pkg --libs --static mimalloc | grep -e ' -latomic'
    else
        ! grep libatomic "$work/needed" || return 1
        ! pkg --libs --static mimalloc | grep -e '-latomic' || return 1
    fi
}

# The flags, as words.
# shellcheck disable=SC2046,SC2086
programs_link() { # NAME TRIPLET EMULATOR [FLAG...]
    name=$1 triplet=$2 emulator=$(command -v "qemu-$3-static")
    shift 3
    source=$top_srcdir/tests/install/consumer.c
    lib=$arch/links-$name/root/lib
    "$triplet-gcc" "$@" -o "$work/plain" "$source" $(pkg --cflags --libs mimalloc) -Wl,-rpath,"$lib"
    "$triplet-gcc" "$@" -o "$work/override" "$source" $(pkg --cflags --libs mimalloc-override) -Wl,-rpath,"$lib"
    "$triplet-gcc" "$@" -o "$work/plain-static" -static "$source" $(pkg --cflags --libs --static mimalloc)
    for program in plain override plain-static; do
        [ "$("$emulator" -L "/usr/$triplet" "$work/$program" "${program%-static}")" = "${program%-static}" ]
    done
}

exec 3<"$work/table"
while read -r name triplet emulator atomic flags <&3; do
    case " ${ARCHITECTURES:-$name} " in
    *" $name "*) ;;
    *) continue ;;
    esac
    if ! packages dpkg-dev pkgconf qemu-user-static "gcc-$triplet" "g++-$triplet"; then
        skip U13 "$name" "$missing"
        continue
    fi
    # shellcheck disable=SC2086
    check U13 "$name: builds without a warning, and installs" install_for "$name" "$triplet" $flags
    check U13 "$name: libatomic is needed: $atomic" atomic_is "$name" "$atomic"
    # shellcheck disable=SC2086
    check U13 "$name: programs link, shared and static, and run" programs_link "$name" "$triplet" "$emulator" $flags
done
[ -s "$PACKAGE_RESULTS" ] || skip U13 "other machines" "none of ${ARCHITECTURES-} is looked at here"
finish
