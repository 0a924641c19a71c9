#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the table: everything in functions.txt, and whether it is
#   declared    by which header, as the compiler sees it, with MI_API_VERSION 1 and 2
#   exported    by how many of the libraries that are built, under the version node
#   documented  in which page, which `make install` installs under the name
#   tested      by which program, whose object refers to it (what leaves no trace in an object, and
#               everything where Check is not installed: whose source does)
# and fails on any gap.  The other direction too: what headers declare and libraries export must be
# in functions.txt.
set -eu
: "${top_srcdir:?}" "${top_builddir:?}"
# shellcheck source=tests/abi/common.sh
. "$top_srcdir/tests/abi/common.sh"
: "${PLAIN_SO:=}" "${OVERRIDE_SO:=}" "${DEBUG_SO:=}" "${SECURE_SO:=}" "${STATIC_LIB:=}" \
    "${OVERRIDE_OBJECT:=}" "${CXX:=}" "${MAKE:=make}"
here=$top_srcdir/tests/interface
include=$top_srcdir/include

sed -e 's/#.*//' -e '/^ *$/d' "$here/functions.txt" >"$work/list"
cut -d' ' -f1 "$work/list" | sort >"$work/names"
sort -u "$work/names" | cmp -s - "$work/names" ||
    fail "twice in functions.txt: $(uniq -d "$work/names" | tr '\n' ' ')"
awk '$2 == "function" { print $1 }' "$work/list" | sort >"$work/functions"

# What is found out, one fact a line: COLUMN NAME WHERE.
facts=$work/facts
: >"$facts"

# ---- declared
have_cxx=
cxx17='-x c++ -std=c++17'
echo '#include <new>' >"$work/new.cc"
# Compilers come with arguments.
# shellcheck disable=SC2086
if [ -n "$CXX" ] && $CXX $cxx17 -fsyntax-only "$work/new.cc" 2>/dev/null; then
    have_cxx=1
fi

# uses HEADER c|c++: a source that uses every name; an error is reported as of a file NAME.
uses() {
    echo "#include <${1##*/}>"
    awk -v language="$2" '
        { use = "" }
        language == "c" && $2 == "function" || $2 == "variable" { use = "(void)&" $1 ";" }
        language == "c" && $2 == "option" { use = "(void)sizeof(char[1 + (" $1 " >= 0)]);" }
        language == "c" && $2 == "type" { use = $1 " *use; (void)use;" }
        language == "c++" && $2 == "template" { use = $1 "<int> *use; (void)use;" }
        language == "c++" && $2 == "class" { use = $1 " *use; (void)use;" }
        use != "" { printf "void use%d(void) {\n#line 1 \"%s\"\n%s }\n", NR, $1, use }
        language == "c" && $2 ~ /^(macro|redirect|libc)$/ ||
            language == "c++" && $2 == "cxx-macro" {
            printf "#line 1 \"%s\"\n#ifndef %s\n#error not defined\n#endif\n", $1, $1
        }
    ' "$work/list"
}

# declares HEADER c|c++ COMPILER...: the names that a header declares for both versions
declares() {
    header=$1
    language=$2
    shift 2
    uses "$header" "$language" >"$work/uses.c"
    # clang stops at the 20th error unless it is told not to.
    every=-ferror-limit=0
    "$@" $every -fsyntax-only /dev/null 2>/dev/null || every=
    sed -n 's/^#line 1 "\(.*\)"$/\1/p' "$work/uses.c" >"$work/declares"
    for version in 1 2; do
        # Status 0 when all is there.
        "$@" $every -I"$include" -DMI_API_VERSION=$version -w -fsyntax-only "$work/uses.c" \
            2>"$work/errors" || :
        ! grep 'fatal error' "$work/errors" || fail "${header##*/} with $*"
        sed -n 's/^\([A-Za-z0-9_]*\):[0-9]*:.*error.*/\1/p' "$work/errors" >"$work/absent"
        grep -vxFf "$work/absent" "$work/declares" >"$work/declares.new" || :
        mv "$work/declares.new" "$work/declares"
    done
    sed "s/.*/declared & ${header##*/}/" "$work/declares" >>"$facts"
}
# says HEADER COMPILER...: the identifiers of ours in a header, with all macros that it defines
says() {
    header=$1
    shift
    "$@" -E -dD -I"$include" "$header" 2>"$work/errors" | awk -v include="$include/" '
        /^# [0-9]/ { ours = index($3, "\"" include) == 1; next }
        !ours || /^#undef/ { next }
        /^#define/ { sub(/\(.*/, "", $2); print $2; next }
        /^#/ { next }
        {
            gsub(/"([^"\\]|\\.)*"/, "")
            while (match($0, /(^|[^A-Za-z0-9_])_?(mi|MI|MIMALLOC)_[A-Za-z0-9_]+/)) {
                name = substr($0, RSTART, RLENGTH)
                sub(/^[^A-Za-z0-9_]/, "", name)
                print name
                $0 = substr($0, RSTART + RLENGTH)
            }
        }' | sort -u
}
# First the header that everybody includes, which the others may include too.
for header in "$include/mimalloc.h" "$include"/mimalloc-*.h; do
    [ -f "$header" ] || continue
    case $header in
    */mimalloc-new-delete.h) ;; # is C++
    *)
        # shellcheck disable=SC2086
        declares "$header" c $CC -x c -std=gnu11
        # shellcheck disable=SC2086
        says "$header" $CC -x c -std=gnu11 >>"$work/said"
        # shellcheck disable=SC2086
        says "$header" $CC -x c -std=gnu11 -DMI_API_VERSION=2 >>"$work/said"
        ;;
    esac
    if [ -n "$have_cxx" ]; then
        # shellcheck disable=SC2086
        declares "$header" c++ $CXX $cxx17
        # shellcheck disable=SC2086
        says "$header" $CXX $cxx17 >>"$work/said"
    fi
done
# What a program may define before: does it change the header?
awk '$2 == "request" { print $1 }' "$work/list" >"$work/requests"
while read -r name; do
    # shellcheck disable=SC2086
    $CC -E -P -x c -D"$name=2" "$include/mimalloc.h" >"$work/with"
    # shellcheck disable=SC2086
    $CC -E -P -x c "$include/mimalloc.h" >"$work/without"
    cmp -s "$work/with" "$work/without" || echo "declared $name mimalloc.h" >>"$facts"
done <"$work/requests"
sort -u "$work/said" | comm -23 - "$work/names" |
    grep -Ev '^MIMALLOC_([A-Z_]*_)?H$' >"$work/more" || :
[ ! -s "$work/more" ] || fail "in a header, but not in functions.txt: $(tr '\n' ' ' <"$work/more")"

# ---- exported
# exports KIND FILE: the names, each with its version where it has one
exports() {
    case $1 in
    shared)
        $NM -D -g --defined-only --with-symbol-versions "$2" | sed 's/.* //' |
            if [ -e "$top_builddir/lib/override.map" ]; then
                sed -n 's/^\(mi_.*\)@@MIMALLOC_10\.0$/\1/p; /^[^@]*$/p'
            else
                sed 's/@.*//'
            fi
        ;;
    *) $NM -g --defined-only "$2" 2>/dev/null | sed -n 's/^[0-9a-f]* [A-Za-z] //p' ;;
    esac
}
{
    cat "$work/functions"
    [ ! -e "$abi/undeclared.symbols" ] || golden "$abi/undeclared.symbols"
} | sort >"$work/known"
libraries=0 replacing=0
for library in $PLAIN_SO $OVERRIDE_SO $DEBUG_SO $SECURE_SO $STATIC_LIB $OVERRIDE_OBJECT; do
    libraries=$((libraries + 1))
    kind=archive dynamic=
    case $library in *.so.*) kind=shared dynamic=-D ;; esac
    case $library in
    "$PLAIN_SO" | "$STATIC_LIB") ;;
    *) replacing=$((replacing + 1)) ;;
    esac
    exports $kind "$library" | sort -u >"$work/exported"
    sed "s|.*|exported & ${library##*/}|" "$work/exported" >>"$facts"
    # With the wrong version or none at all it is not exported.
    $NM -g --defined-only $dynamic "$library" 2>/dev/null |
        sed -n -e 's/@.*//' -e 's/.* \(mi_.*\)$/\1/p' | sort -u | comm -23 - "$work/known" \
        >"$work/more"
    [ ! -s "$work/more" ] ||
        fail "${library##*/} exports what functions.txt lacks: $(tr '\n' ' ' <"$work/more")"
done

{
    # Which names of the C library the override has here; dlopen is not in the object.
    golden "$abi/override.symbols" | grep -vE '^(_Z|dlopen$)' | sed 's/.*/here & -/'

    # ---- documented
    for page in "$top_srcdir"/man/*.3; do
        sed -n -e '/^\.Sh SYNOPSIS/q' -e 's/^\.Nm \([A-Za-z0-9_]*\).*/\1/p' "$page" |
            sed "s/.*/page & ${page##*/}/"
    done
    sed -n 's/^\.It Ev MIMALLOC_\([A-Z_]*\).*/\1/p' "$top_srcdir/man/mimalloc-options.7" |
        tr '[:upper:]' '[:lower:]' | sed 's/.*/page mi_option_& mimalloc-options.7/'
    # Names of the C library: where a page mentions them.
    for page in "$top_srcdir"/man/mimalloc.7 "$top_srcdir"/man/*.[37]; do
        tr -cs 'A-Za-z0-9_' '\n' <"$page" | sort -u | sed "s/.*/mentioned & ${page##*/}/"
    done
} >>"$facts"

# What `make install` makes of them; tests/style/manual.sh asks man for each.
(
    unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
    cd "$top_builddir"
    for target in install-man install-man-links; do
        $MAKE $target DESTDIR="$work/installed" mandir=/man
    done
) >"$work/install.log" 2>&1 || {
    cat "$work/install.log"
    fail "the manual cannot be installed"
}
while read -r name; do
    [ ! -s "$work/installed/man/man3/$name.3" ] || echo "installed $name -"
done <"$work/names" >>"$facts"
# ---- tested
# words FILE...: the identifiers of sources, without comments and strings
words() {
    sed -e 's|\\.||g' -e "s|'[\"/]'||g" -e 's|"[^"]*"||g' -e 's|//.*||' -e 's|/\*.*\*/||g' "$@" |
        sed -e '/\/\*/,/\*\//{' -e 's|/\*.*||' -e '/\*\//!{' -e '/^ *\/\*/d' -e '}' -e '}' |
        tr -cs 'A-Za-z0-9_' '\n' | sort -u
}
from_objects=
for object in "$top_builddir"/tests/*/*.o; do
    [ -f "$object" ] || continue
    program=${object##*/}
    program=${program#*-}
    folder=${object%/*}
    program=tests/${folder##*/}/${program%.o}
    case $program in
    */addresses*) continue ;;
    */api/basic) from_objects=1 ;;
    esac
    $NM -u "$object" | sed -n 's/.* U \(mi_[A-Za-z0-9_]*\)$/\1/p' | sed "s|.*|tested & $program|"
done >>"$facts"
# Sources that tests compile when they run leave no objects.
for source in "$top_srcdir"/tests/api/*.c* "$top_srcdir"/tests/conformance/*.c* \
    "$top_srcdir"/tests/override/*.c* "$top_srcdir"/tests/interface/programs/*.c*; do
    case $source in
    */addresses* | *'*'*) continue ;;
    */api/*) column=named ;;
    *) column=compiled ;;
    esac
    program=${source#"$top_srcdir"/}
    words "$source" | sed "s|.*|$column & ${program%.*}|"
done >>"$facts"

# ---- the table
awk -v libraries=$libraries -v replacing=$replacing -v have_cxx="$have_cxx" \
    -v from_objects="$from_objects" '
    function row(name, kind, declared, exported, documented, tested) {
        printf "%-36s %-9s %-22s %-9s %-28s ", name, kind, declared, exported, documented
        print tested
    }
    function cell(column, text, present) {
        if (present)
            return text
        gaps = gaps "\n  " $1 ": not " column
        return "GAP"
    }
    # A program of the name of the chapter, rather than another.
    function better(new, old, chapter) {
        if (new ~ /\/later$/ && chapter != "later")
            return 0
        return old == "" || new == "tests/api/" chapter || index(new, "tests/" chapter "/") == 1
    }
    FNR == NR {
        if ($1 == "exported")
            exported[$2]++
        else if ($1 ~ /^(tested|named|compiled)$/)
            uses[$1, $2, ++count[$1, $2]] = $3
        else if (!(($1, $2) in fact))
            fact[$1, $2] = $3
        next
    }
    FNR == 1 { row("name", "kind", "declared", "exported", "documented", "tested") }
    {
        kind = $2
        declared = fact["declared", $1]
        if (kind == "detail") {
            row($1, kind, "-", "-", "-", "-")
            next
        }
        if (kind ~ /^(template|class|cxx-macro)$/ && !have_cxx)
            declared = "no C++ compiler"
        if (kind == "tuning") {
            if (!(("here", $1) in fact)) {
                row($1, kind, "not here", "-", "-", "-")
                next
            }
            declared = "C library"
        }
        declared = cell("declared", declared, declared != "")

        there = "-"
        if (kind == "function" || ("here", $1) in fact) {
            most = kind == "function" ? libraries : replacing
            there = exported[$1] + 0 "/" most
            there = cell("exported by all libraries: " there, there, exported[$1] + 0 == most)
        } else if ($1 in exported)
            there = cell("a function, but exported", "", 0)

        page = fact[kind ~ /^(redirect|libc|tuning)$/ ? "mentioned" : "page", $1]
        text = page
        if (("page", $1) in fact && page ~ /\.3$/ && !(("installed", $1) in fact))
            text = cell("installed as a page", "", 0)
        else
            text = cell("documented", page, page != "")

        test = ""
        for (s = split(kind == "function" && from_objects ? "tested compiled" : "named compiled",
                       sources, " "); s > 0; s--)
            for (i = 1; i <= count[sources[s], $1]; i++)
                if (better(uses[sources[s], $1, i], test, $3))
                    test = uses[sources[s], $1, i]
        row($1, kind, declared, there, text, cell("tested", test, test != ""))
    }
    END {
        if (gaps != "") {
            print "FAIL: gaps:" gaps
            exit 1
        }
    }
' "$facts" "$work/list" || failed=1
exit $failed
