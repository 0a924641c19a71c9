#!/bin/sh
# SPDX-License-Identifier: MIT
# What debian/ says, apart from what lintian sees.
# Functions here are called by check.
# shellcheck disable=SC2317
. "$top_srcdir/tests/package/common.sh"
debian_built D3 "debian/"
cd "$top_srcdir/debian"

compat() {
    grep -q '^ debhelper-compat (= 13)' control
    test ! -e compat
    # Policy of our own stays out: dh, flags, what dh cannot know.
    grep -q '^	dh \$@$' rules
    if grep -nE 'dh_missing|override_dh_(strip|shlibdeps|makeshlibs|builddeb)|DH_VERBOSE|chmod|CFLAGS' rules; then exit 1; fi
    [ "$(wc -l <rules)" -lt 40 ]
}
check D3 "debhelper 13 by Build-Depends, short rules" compat
check D4 "Rules-Requires-Root: no" grep -qx 'Rules-Requires-Root: no' control
# A library with another number is not packed under this one's name.
spelled() {
    cat libmimalloc"$SONAME_NUMBER".install libmimalloc-debug"$SONAME_NUMBER".install \
        libmimalloc-secure"$SONAME_NUMBER".install | grep -v '^#' >"$work/installed"
    cat "$work/installed"
    for name in '' -override -debug -secure; do
        for end in '' '.*'; do
            grep -qxF "usr/lib/*/libmimalloc$name.so.$SONAME_NUMBER$end" "$work/installed"
        done
    done
    [ "$(wc -l <"$work/installed")" = 8 ]
}
check D9 "debian/*.install spell the SONAME's number" spelled
variants() {
    for option in shared static override debug secure; do
        grep -q -e "dh_auto_configure -- .*--enable-$option\( \|\$\)" rules || { echo "--enable-$option" && exit 1; }
    done
}
check D3 "what the packages are made of is asked of configure by name" variants
entries() {
    dpkg-parsechangelog -l changelog --format rfc822 --all | grep '^Version:' >"$work/versions"
    cat "$work/versions"
    printf 'Version: %s\n' "$VERSION-1" "$VERSION~beta1-1" | diff - "$work/versions"
}
[ "$VERSION" != 10.0.0 ] || check D5 "the changelog has two entries, 10.0.0-1 and 10.0.0~beta1-1" entries
newest() {
    [ "$(dpkg-parsechangelog -l changelog -SVersion | sed 's/-[^-]*$//')" = "$VERSION" ]
}
check U5 "the newest entry is of this version" newest
test_tools() {
    grep -qx ' check <!nocheck>,' control
    grep -qx ' cmake <!nocheck>,' control
}
check D20 "Check and CMake are needed only where tests are run" test_tools
reserved() {
    # No host but the reserved one and that of the format of debian/copyright.
    grep -rnoE '[a-z]+://[^/ >]*' . | grep -vE 'https://(example\.org|www\.debian\.org)$' && exit 1
    grep -rnoE '[A-Za-z0-9.]+@[a-z-]+\.[a-z.]+' . | grep -v '@example\.org$' && exit 1
    grep -qx 'Homepage: https://example.org/libmimalloc' control
    grep -q '^Maintainer: .*@example.org>$' control
    grep -q '^Vcs-Git: https://example.org/' control
    grep -q '^Repository: https://example.org/' upstream/metadata
    find . | grep -iE 'signing-key|\.asc$|\.pgp$' && exit 1
    grep -i 'closes' changelog && exit 1
    return 0
}
check D31 "Homepage, Vcs and Maintainer are on example.org; no key and no bug is invented" reserved
descriptions() {
    grep -qx 'Standards-Version: 4.6.2' control
    sed -n 's/^Description: //p' control >"$work/descriptions"
    [ "$(sort -u "$work/descriptions" | wc -l)" = "$(grep -c '^Package:' control)" ]
    awk 'length > 80 { print; bad = 1 } END { exit bad }' "$work/descriptions"
    if grep -niE '\b(best|fastest|excellent|powerful|amazing|modern|high.performance|superior)\b' control; then
        exit 1
    fi
}
check D32 "Standards-Version 4.6.2, distinct descriptions without praise" descriptions
license() {
    # The text is that of LICENSE, folded as the format wants it.
    awk '/^License: Expat$/ { blocks++; next } /^$/ { blocks += blocks == 2 } blocks == 2' copyright |
        sed -e 's/^ \.$//' -e 's/^ //' | tr -s ' \n' ' ' >"$work/given"
    sed -n '/^Permission/,$p' "$top_srcdir/LICENSE" | tr -s ' \n' ' ' >"$work/wanted"
    cmp "$work/wanted" "$work/given"
    holder=$(sed -n 's/^Copyright (c) \([0-9]*\) \(.*\)$/\1 \2/p' "$top_srcdir/LICENSE")
    [ "$(sed -n 's/^Copyright: //p' copyright | head -n 1)" = "$holder" ]
    # What the tarball has from the Autotools is named, file by file.
    tar -tf "$TARBALL" | sed -n 's|^[^/]*/||p' |
        grep -E '^(aclocal\.m4|configure|.*Makefile\.in|build-aux/.+|m4/(libtool|lt.*)\.m4)$' >"$work/generated"
    [ "$(wc -l <"$work/generated")" -gt 10 ]
    sed -n 's/^Files: //p' copyright | tail -n +2 | tr ' ' '\n' >"$work/patterns"
    while read -r file; do
        found=
        while read -r pattern; do
            # A pattern on purpose.
            # shellcheck disable=SC2254
            case $file in $pattern) found=yes ;; esac
        done <"$work/patterns"
        [ -n "$found" ] || { echo "$file is not in debian/copyright" && exit 1; }
    done <"$work/generated"
    # And whoever holds a part of one of them.
    mkdir -p "$work/tarball"
    tar -C "$work/tarball" --strip-components=1 -xf "$TARBALL"
    sed 's|^|'"$work/tarball/"'|' "$work/generated" | xargs sed -n \
        's/^[#d][nl ]*Copyright \((C)\|©\) [-0-9, ]* \([A-Z][^<,]*[^<,. ]\).*/\2/p' | sort -u >"$work/holders"
    [ "$(wc -l <"$work/holders")" -ge 3 ]
    while read -r holder; do
        grep -qF "$holder" copyright || { echo "$holder is not in debian/copyright" && exit 1; }
    done <"$work/holders"
}
check D29 "debian/copyright has the text and the holder of LICENSE" license

if need licensecheck; then
    licenses() {
        tar -C "$work" -xf "$TARBALL"
        cp -R "$top_srcdir/debian" "$work/libmimalloc-$VERSION/debian"
        cd "$work/libmimalloc-$VERSION"
        # What the Autotools bring has licenses of its own, and is made anew when the package is built.
        licensecheck --machine --recursive --ignore '^\./(build-aux/|m4/l|configure$|aclocal\.m4$|Makefile\.in$)' . \
            >"$work/licenses"
        [ "$(wc -l <"$work/licenses")" -gt 300 ]
        awk -F '\t' '$2 !~ /(Expat|MIT)/ { print }' "$work/licenses" |
            grep -vE '\.(symbols|ps|txt|md|json|smt2)	|/(NEWS|config\.h\.in|LICENSE)	|debian/(changelog|control|tests/control|source/format|.*README\.Debian|copyright)	' && exit 1
        return 0
    }
    check D29 "licensecheck finds no other license in the sources" licenses
    # What the Autotools bring, against the last paragraph that matches.  Their notices are comments, deep
    # in the longer files, and licensecheck reads one only where nothing stands in its way: a word twice,
    # another name for the file, a tag of ours.  Of FSFULLR it does not know the form with a disclaimer.
    generated_licenses() {
        mkdir "$work/comments"
        while read -r file; do
            mkdir -p "$work/comments/$(dirname "$file")"
            grep -E '^ *(#|dnl)' "$work/tarball/$file" |
                sed -e 's/of of/of/' -e 's/This Makefile\.in/This file/' -e '/SPDX/d' \
                    -e 's/^ *dnl/#/' >"$work/comments/$file"
        done <"$work/generated"
        # words: of an expression, the licenses and exceptions that it names
        words() {
            sed -e 's|and/or|and|g' -e 's/[(),]//g' -e 's/ \(and\|or\) /\n/g' |
                sed -e 's/ with \(.*\)/\nwith \1/' -e 's/FSFULLRWD/FSFULLR/' | sort -u | tr '\n' ';'
        }
        cd "$work/comments"
        xargs licensecheck --machine --lines 0 --check . --shortname-scheme=debian,spdx <"$work/generated" \
            >"$work/found-licenses"
        [ "$(wc -l <"$work/found-licenses")" = "$(wc -l <"$work/generated")" ]
        while IFS='	' read -r file license; do
            ! grep -q 'SPDX-License-Identifier: MIT' "$work/tarball/$file" || license="$license and Expat"
            sed -n -e 's/^Files: //p' -e 's/^License: /: /p' "$top_srcdir/debian/copyright" >"$work/paragraphs"
            wanted=
            patterns=
            while read -r line; do
                case $line in
                ": "*)
                    set -f
                    for pattern in $patterns; do
                        # shellcheck disable=SC2254
                        case $file in $pattern) wanted=${line#: } ;; esac
                    done
                    set +f
                    patterns=
                    ;;
                *) patterns=$line ;;
                esac
            done <"$work/paragraphs"
            echo "$file: $license"
            [ "$(echo "$license" | words)" = "$(echo "$wanted" | words)" ] ||
                { echo "$file: debian/copyright has $wanted" && exit 1; }
        done <"$work/found-licenses"
    }
    check D29 "debian/copyright gives each generated file the license that licensecheck finds" generated_licenses
else
    skip D29 "licensecheck" "$missing"
fi
if need codespell; then
    check D35 "README.Debian, control, changelog and NEWS are spelt right" silent codespell \
        libmimalloc*.README.Debian control changelog copyright tests ../NEWS ../README.md
else
    skip D35 "codespell" "$missing"
fi
readme() {
    # What there has to be said.
    grep -q 'set-user-ID' libmimalloc.README.Debian
    grep -q 'Policy 10.2' libmimalloc10-dev.README.Debian
    grep -q 'libmimalloc-dev' libmimalloc10-dev.README.Debian
}
check D35 "README.Debian speaks of raised privileges, of -fPIC, and of libmimalloc-dev" readme
if need wrap-and-sort; then
    sorted() {
        cp -R "$top_srcdir/debian" "$work/debian"
        cd "$work"
        silent wrap-and-sort -abst --dry-run
    }
    check D36 "wrap-and-sort -abst has nothing to do" sorted
else
    skip D36 "wrap-and-sort" "$missing"
fi
if need shellcheck; then
    check D25 "shellcheck has nothing to say about debian/tests" sh -c 'find tests -type f ! -name control | xargs shellcheck'
else
    skip D25 "shellcheck" "$missing"
fi

# A site with releases on this machine: the newest is found, and a beta is older than its release.
watch() {
    mkdir -p "$work/site/libmimalloc/releases" "$work/package/debian"
    for version in 9.9 10.0.0 10.1.0 10.2.0beta1 10.2.0-rc1; do
        echo "<a href=\"libmimalloc-$version.tar.xz\">$version</a>"
    done >"$work/site/libmimalloc/releases/index.html"
    cp changelog control "$work/package/debian"
    : >"$work/port"
    python3 -u -m http.server --bind 127.0.0.1 --directory "$work/site" 0 >"$work/port" 2>&1 &
    server=$!
    trap 'kill $server' EXIT
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$work/port")
        [ -z "$port" ] || break
        sleep 1
    done
    sed "s|https://example\.org|http://127.0.0.1:$port|" watch >"$work/package/debian/watch"
    cd "$work/package"
    found() {
        uscan --no-download --dehs >"$work/found" || :
        sed -n 's|<upstream-version>\(.*\)</upstream-version>|\1|p' "$work/found"
    }
    [ "$(found)" = 10.2.0~rc1 ]
    sed -i -e '/beta/d' -e '/rc/d' "$work/site/libmimalloc/releases/index.html"
    [ "$(found)" = 10.1.0 ]
    grep '<status>newer package available</status>' "$work/found"
}
if need uscan python3; then
    check D30 "uscan finds a newer release by debian/watch" watch
else
    skip D30 "uscan" "$missing"
fi
not_applicable D30 "signature of the tarball" "no release is signed yet, and no key is invented"
finish
