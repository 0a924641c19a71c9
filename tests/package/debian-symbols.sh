#!/bin/sh
# SPDX-License-Identifier: MIT
# The symbols files: they list what tests/abi says that the libraries export, on 64 and on 32 bits, with
# the version nodes, and a program that is linked with a library depends on its package because of them.
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
debian_built D8 "symbols files"
tools=
need dpkg-gensymbols dpkg-shlibdeps || tools=$missing

# listed FILE LIBRARY BITS ARCHITECTURE: the names in a symbols file that hold there.
listed() {
    awk -v library="$2" -v bits="$3" -v architecture="$4" '
    /^[^ #*|]/ { inside = $1 == library }
    inside && /^ / {
        name = $1
        if (match(name, /^\(arch-bits=[0-9]*\)/)) {
            if (substr(name, 12, 2) != bits) next
            name = substr(name, RLENGTH + 1)
        } else if (/^ \(arch=/) {
            line = $0
            sub(/^ \(arch=/, "", line)
            wanted = line
            sub(/\).*/, "", wanted)
            if (wanted ~ /^!/) {
                if (index(" " wanted " ", " !" architecture " ") != 0) next
            } else if (index(" " wanted " ", " " architecture " ") == 0) next
            sub(/^[^)]*\)/, "", line)
            split(line, word, " ")
            name = word[1]
        }
        print name
    }' "$1" | sort
}
names() {
    sed -e 's/#.*//' "$@" | awk 'NF { print $1 }'
}
# golden KIND BITS ARCHITECTURE: the same from the lists of tests/abi, for glibc.
golden() {
    {
        echo MIMALLOC_10.0@MIMALLOC_10.0
        names "$top_srcdir/tests/abi/public.symbols" "$top_srcdir/tests/abi/undeclared.symbols" |
            sed 's/$/@MIMALLOC_10.0/'
        if [ "$1" = override ]; then
            names "$top_srcdir/tests/abi/override.symbols" | sed 's/$/@Base/' |
                if [ "$2" = 32 ]; then sed -e 's/^\(_Zn[wa]\)m/\1j/' -e 's/^\(_Zd[la]Pv\)m/\1j/'; else cat; fi |
                case $3 in
                amd64 | arm64) cat ;;
                riscv64) grep -v -e '^dlopen@' -e '^cfree@' ;;
                *) grep -v '^dlopen@' ;;
                esac
        fi
    } | grep -v '^reallocf@' | sort
}
same() { # package, library, kind
    for target in 64:amd64 64:arm64 64:ppc64el 64:s390x 64:riscv64 32:i386 32:armhf; do
        bits=${target%:*} architecture=${target#*:}
        listed "$top_srcdir/debian/$1.symbols" "$2.so.10" "$bits" "$architecture" >"$work/listed"
        golden "$3" "$bits" "$architecture" >"$work/golden"
        [ "$(wc -l <"$work/listed")" -gt 100 ]
        echo "$architecture: $(wc -l <"$work/listed") symbols"
        diff "$work/golden" "$work/listed"
    done
}
check D8 "libmimalloc10.symbols has what libmimalloc exports" same libmimalloc10 libmimalloc plain
check D8 "libmimalloc10.symbols has what libmimalloc-override exports" \
    same libmimalloc10 libmimalloc-override override
check D8 "libmimalloc-debug10.symbols has what libmimalloc-debug exports" \
    same libmimalloc-debug10 libmimalloc-debug override
check D8 "libmimalloc-secure10.symbols has what libmimalloc-secure exports" \
    same libmimalloc-secure10 libmimalloc-secure override

lines() {
    for file in "$top_srcdir"/debian/*.symbols; do
        # No revision of Debian's, and the package to build with.
        awk '/^ / && $NF ~ /-/ { print FILENAME ": " $0; bad = 1 }
            /^\* Build-Depends-Package: libmimalloc10-dev$/ { depends++ }
            /^[^ #*|]/ { libraries++ }
            END { exit bad || depends != libraries || !libraries }' "$file"
    done
    test ! -e "$top_srcdir/debian/shlibs.local"
}
check D8 "symbols without Debian's revision, Build-Depends-Package, no shlibs.local" lines

if [ -n "$tools" ]; then
    skip D8 "dpkg-gensymbols, dpkg-shlibdeps" "$tools"
    finish
fi

# The check itself: a symbol that is lost, and one that is new, are errors.
strict() {
    cp -R "$(unpacked libmimalloc10)" "$work/package"
    rm "$work/package/DEBIAN/symbols"
    mkdir -p "$work/strict/debian"
    cp "$top_srcdir/debian/control" "$top_srcdir/debian/changelog" "$work/strict/debian"
    cd "$work/strict"
    gensymbols() {
        dpkg-gensymbols -c4 -plibmimalloc10 -P"$work/package" -I"$1" -O/dev/null
    }
    file=$top_srcdir/debian/libmimalloc10.symbols
    gensymbols "$file"
    { cat "$file" && echo ' mi_lost@MIMALLOC_10.0 10.0.0'; } >"$work/lost.symbols"
    if gensymbols "$work/lost.symbols" >/dev/null; then exit 1; fi
    grep -v ' mi_malloc@' "$file" >"$work/new.symbols"
    if gensymbols "$work/new.symbols" >/dev/null; then exit 1; fi
}
check D8 "dpkg-gensymbols -c4 agrees, and tells a lost and a new symbol" strict

# depends WAY EXPECTED: what dpkg-shlibdeps finds for a program linked so.
depends() {
    libraries=$(unpacked libmimalloc10)/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
    mkdir -p "$work/depends/debian"
    printf '%s\n' 'Source: program' 'Maintainer: a <a@example.org>' '' 'Package: program' \
        'Architecture: any' 'Description: program' >"$work/depends/debian/control"
    cd "$work/depends"
    ln -sf libmimalloc.so.10 "$libraries/libmimalloc.so"
    ln -sf libmimalloc-override.so.10 "$libraries/libmimalloc-override.so"
    # $CC may be words.
    # shellcheck disable=SC2086
    $CC -o program -I"$top_srcdir/include" "$top_srcdir/tests/install/consumer.c" -L"$libraries" \
        -Wl,--no-as-needed "$1"
    rm "$libraries/libmimalloc.so" "$libraries/libmimalloc-override.so"
    dpkg-shlibdeps -O -S"$(unpacked libmimalloc10)" -l"$libraries" program >found
    cat found
    grep -qw "$2" found
}
minimal='libmimalloc10 (>= 10\.0\.0~beta1'
check D8 "a program linked with -lmimalloc depends on libmimalloc10" depends -lmimalloc "$minimal"
check D8 "a program linked with -lmimalloc-override depends on libmimalloc10" \
    depends -lmimalloc-override "$minimal"
finish
