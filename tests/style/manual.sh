#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual is sound and agrees with the header, the library and the options:
# - in the repository, mandoc, groff and, where it is installed, codespell have nothing to say about any
#   page;
# - every page has its sections, in the usual order, and its SEE ALSO names mimalloc(7), which names it,
#   and the pages of sections 1 and 7 that the text refers to;
# - every reference to a page has its target;
# - headers, exported symbols and pages of section 3 list the same functions, once each, and every
#   macro, type and variable of the headers is in a page as well;
# - what is installed answers man and whatis for each of these names;
# - the SYNOPSIS declares them as the header does;
# - every example compiles, as C++ too unless it relies on C, and, where there is a shared library,
#   runs and succeeds;
# - mimalloc-options(7) has every option, with the default and the range that the library has, and
#   mi_options_print prints these defaults.
set -u
LC_ALL=C
export LC_ALL
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${CC:=cc}" "${CXX:=c++}" "${NM:=nm}" "${CFLAGS:=}" "${CXXFLAGS:=}" "${PLAIN_SO:=}"
# shellcheck source=tests/style/lint.sh
. "$top_srcdir/tests/style/lint.sh"
man=$top_srcdir/man
include=$top_srcdir/include
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
status=0

fail() {
    echo "FAIL: $*"
    status=1
}

# Lines that stand in only one of two sorted files.
compare() {
    if ! diff "$1" "$2" >"$scratch/difference"; then
        fail "$3"
        sed -n 's/^[<>]/  &/p' "$scratch/difference"
    fi
}

# $CC, $CXX, their flags and $NM are lists of words.
# shellcheck disable=SC2086
compile() { # source file, other arguments
    case $1 in
    *.cc) $CXX $CXXFLAGS -std=c++17 -Wall -fno-builtin -I"$include" "$@" ;;
    *) $CC $CFLAGS -std=c11 -D_DEFAULT_SOURCE -pedantic-errors -Wall -fno-builtin -I"$include" "$@" ;;
    esac
}

# ---- lint
skipped=
lint_pages() {
    for tool in mandoc groff; do
        command -v $tool >/dev/null 2>&1 || skipped="$skipped $tool"
    done
    for page in "$man"/*.[1-9]; do
        lint_page "$page"
    done
    # "Nd" and "Fo" are macros.
    if command -v codespell >/dev/null 2>&1; then
        said=$(codespell -L nd,fo "$man"/*.[1-9] "$top_srcdir/README.md" "$top_srcdir/NEWS")
        [ -z "$said" ] || fail "codespell: $said"
    fi
}
lint_page() {
    if command -v mandoc >/dev/null 2>&1; then
        said=$(mandoc -Tlint -Wwarning "$1" 2>&1)
        [ -z "$said" ] || fail "mandoc: $said"
    fi
    if command -v groff >/dev/null 2>&1; then
        for macros in -man -mandoc; do
            said=$(groff $macros -ww -Tutf8 "$1" 2>&1 >/dev/null)
            [ -z "$said" ] || fail "groff $macros: $said"
        done
    fi
}
if lints; then
    lint_pages
fi

# ---- sections
# Where each may stand, as mdoc(7) has it, and the three that it does not know.
sections='NAME
LIBRARY
SYNOPSIS
DESCRIPTION
USAGE
RETURN VALUES
ENVIRONMENT
FILES
EXIT STATUS
EXAMPLES
DIAGNOSTICS
ERRORS
THREAD SAFETY
KNOWN TROUBLES
SEE ALSO
STANDARDS
HISTORY
CAVEATS
BUGS
SECURITY CONSIDERATIONS'
see_also() {
    awk '/^\.Sh/ { inside = $0 == ".Sh SEE ALSO" } inside && $1 == ".Xr" { print $2, $3 }' "$1"
}
for page in "$man"/*.[1-9]; do
    file=$(basename "$page")
    title=${file%.*}
    section=${file##*.}
    sed -n 's/^\.Sh //p' "$page" >"$scratch/found"
    echo "$sections" | grep -Fx -f "$scratch/found" >"$scratch/ordered"
    compare "$scratch/ordered" "$scratch/found" "$file: unknown section, or order"
    case $section in
    3) required='NAME SYNOPSIS DESCRIPTION RETURN.VALUES EXAMPLES ERRORS THREAD.SAFETY SEE.ALSO
            (STANDARDS|HISTORY)' ;;
    *) required='NAME DESCRIPTION SEE.ALSO' ;;
    esac
    for pattern in $required; do
        grep -Eqx "$pattern" "$scratch/found" || fail "$file has no section $pattern"
    done
    [ "$(sed -n 's/^\.Dt //p' "$page")" = \
        "$(echo "$title" | tr '[:lower:]' '[:upper:]') $section" ] || fail "$file: .Dt"
    [ "$(sed -n '/^\.Nm/{s/^\.Nm \([^ ]*\).*/\1/p;q;}' "$page")" = "$title" ] ||
        fail "$file does not name itself first"
    see_also "$page" >"$scratch/see"
    # What the text says of programs and of the libraries as a whole is found at the end as well.
    sed -n 's/^\.\(P[fq] .*\)\{0,1\}Xr \(mimalloc[^ ]*\) \([17]\).*/\2 \3/p' "$page" | sort -u |
        grep -vx "$title $section" | grep -vxF -f "$scratch/see" >"$scratch/unseen"
    [ ! -s "$scratch/unseen" ] || fail "$file: SEE ALSO lacks $(tr '\n' ' ' <"$scratch/unseen")"
    [ "$file" = mimalloc.7 ] && continue
    grep -qx 'mimalloc 7' "$scratch/see" || fail "$file: SEE ALSO lacks mimalloc(7)"
    see_also "$man/mimalloc.7" | grep -qx "$title $section" ||
        fail "mimalloc(7): SEE ALSO lacks $title($section)"
done

# ---- names
names_of() {
    sed -n -e '/^\.Sh SYNOPSIS/q' -e 's/^\.Nm \([A-Za-z0-9_]*\).*/\1/p' "$1"
}
for page in "$man"/*.3; do
    names_of "$page"
done | sort >"$scratch/pages"
uniq -d "$scratch/pages" >"$scratch/twice"
[ ! -s "$scratch/twice" ] || fail "named by more than one page: $(cat "$scratch/twice")"

: >"$scratch/all.c"
for header in "$include"/mimalloc.h "$include"/mimalloc-stats.h; do
    [ ! -f "$header" ] || echo "#include \"$header\"" >>"$scratch/all.c"
done
# shellcheck disable=SC2086
$CC -E -P "$scratch/all.c" >"$scratch/all.i" || fail "the header does not compile"
grep -o '\<mi_[a-z0-9_]* *(' "$scratch/all.i" | tr -d ' (' | sort -u >"$scratch/functions"
[ -s "$scratch/functions" ] || fail "no functions found in the header"
grep -ho '^ *# *define *mi_[a-z0-9_]*(' "$include"/mimalloc*.h | sed 's/.*define *//' | tr -d '(' |
    sort -u >"$scratch/macros"
comm -23 "$scratch/macros" "$scratch/functions" |
    sort -u - "$scratch/functions" >"$scratch/declared"

# Other macros, types and variables; not what keeps a header from being read twice, what it undefines
# again or needs for itself, nor the tags of structures, which have a name without struct.
printf '%s\n' MI_ALIGNOF MI_MAY_THROW MI_OVERRIDE_CAST >"$scratch/own"
grep -ho '^ *# *undef *[A-Za-z0-9_]*' "$include"/mimalloc*.h | sed 's/.*undef *//' |
    sort -u - "$scratch/own" >"$scratch/undefined"
{
    grep -ho '^ *# *define *\(mi\|MI\|MIMALLOC\)_[A-Za-z0-9_]*' "$include"/mimalloc*.h |
        sed 's/.*define *//' | grep -v '_H$'
    grep -ho '\<mi_[a-z0-9_]*_\(t\|fun\)\>' "$include"/mimalloc*.h
    sed -n -e 's/^\(template <.*> \)\{0,1\}\(class\|struct\) \(mi_[a-z0-9_]*\).*/\3/p' \
        -e 's/.*\<extern [^()]*\<\(mi_[a-z0-9_]*\);.*/\1/p' "$include"/mimalloc*.h | grep -v '_s$'
} | sort -u - "$scratch/declared" | comm -23 - "$scratch/undefined" >"$scratch/public"

comm -23 "$scratch/public" "$scratch/pages" >"$scratch/missing"
[ ! -s "$scratch/missing" ] ||
    fail "public, but in no page: $(tr '\n' ' ' <"$scratch/missing")"
while read -r name; do
    grep -qw "$name" "$include"/mimalloc*.h || fail "in a page, but in no header: $name"
done <"$scratch/pages"

if [ -n "$PLAIN_SO" ]; then
    # shellcheck disable=SC2086
    $NM -D --defined-only "$PLAIN_SO" | sed -n 's/.* T \(mi_[A-Za-z0-9_]*\).*/\1/p' |
        sort -u >"$scratch/exported"
    compare "$scratch/functions" "$scratch/exported" \
        "the header (<) and $PLAIN_SO (>) differ"
fi

# ---- what is installed
for page in "$man"/*.[1-9]; do
    grep -q "man/$(basename "$page")\( \|\$\)" "$man/local.mk" ||
        fail "man/local.mk does not have $(basename "$page")"
done
if [ -f "${top_builddir:-.}/Makefile" ] && [ -f "${top_builddir:-.}/config.status" ]; then
    MAKEFLAGS='' MFLAGS='' "${MAKE:-make}" -s -C "${top_builddir:-.}" DESTDIR= \
        mandir="$scratch/man" install-man install-man-links >"$scratch/said" 2>&1 ||
        fail "make install-man: $(cat "$scratch/said")"
    for page in "$scratch"/man/man3/*.3; do
        [ -f "$page" ] && basename "$page" .3
    done | sort >"$scratch/installed"
    compare "$scratch/pages" "$scratch/installed" "names in pages (<) and files in man3 (>) differ"
    while read -r name; do
        names_of "$scratch/man/man3/$name.3" | grep -qx "$name" ||
            fail "man3/$name.3 is not the page that names it"
    done <"$scratch/installed"
    # The launcher's page comes with the launcher.
    launcher=
    [ -z "${OVERRIDE_SO-}" ] || launcher=mimalloc-run
    [ "$(cd "$scratch/man/man1" 2>/dev/null && echo *)" = "${launcher:+$launcher.1}" ] ||
        fail "man1 is not the page of ${launcher:-nothing}"
    if man --version >/dev/null 2>&1; then
        # shellcheck disable=SC2046,SC2086
        man -M "$scratch/man" -w $(cat "$scratch/pages") mimalloc mimalloc-options $launcher \
            2>"$scratch/said" >"$scratch/paths" || fail "man: $(cat "$scratch/said")"
    fi
    # Debian has mandoc's commands under names of their own.
    whatis=whatis
    command -v mwhatis >/dev/null 2>&1 && whatis=mwhatis
    if command -v makewhatis >/dev/null 2>&1; then
        makewhatis -Tutf8 "$scratch/man" >"$scratch/said" 2>&1 || echo failed >>"$scratch/said"
        [ ! -s "$scratch/said" ] || fail "makewhatis: $(cat "$scratch/said")"
        while read -r name; do
            $whatis -M "$scratch/man" "$name" 2>&1 | grep -q "\<$name\>" || echo "$name"
        done <"$scratch/pages" >"$scratch/unknown"
        [ ! -s "$scratch/unknown" ] ||
            fail "whatis knows nothing of $(tr '\n' ' ' <"$scratch/unknown")"
    fi
fi

# ---- references
for page in "$man"/*.[1-9]; do
    sed -n 's/^\.Xr \(mi[^ ]*\) \([0-9]\).*/\1 \2/p' "$page" | sort -u | while read -r name section; do
        [ -f "$man/$name.$section" ] || { [ "$section" = 3 ] && grep -qx "$name" "$scratch/pages"; } ||
            echo "$(basename "$page") refers to $name($section)"
    done
done >"$scratch/dangling"
[ ! -s "$scratch/dangling" ] || fail "no such page: $(cat "$scratch/dangling")"

# ---- synopsis: declared again as the page has it, which a compiler accepts only if it is the same
for page in "$man"/*.3; do
    {
        echo '#include <mimalloc.h>'
        sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/s/^\.In \(mimalloc[a-z-]*\.h\)$/#include <\1>/p' "$page"
        awk '
            function word(    text) {
                sub(/^ +/, "", line)
                if (substr(line, 1, 1) == "\"") {
                    line = substr(line, 2)
                    text = substr(line, 1, index(line, "\"") - 1)
                    line = substr(line, index(line, "\"") + 1)
                } else {
                    text = line
                    sub(/ .*/, "", text)
                    sub(/^[^ ]+/, "", line)
                }
                return text
            }
            function finish() {
                if (name !~ /[(:<]|operator|_tp$/)
                    print type " " name "(" arguments ");"
            }
            /^\.Sh/ { inside = $2 == "SYNOPSIS" }
            !inside { next }
            { line = $0; sub(/^\.[A-Z][a-z]/, "", line) }
            /^\.Ft/ { type = line; next }
            /^\.F[no]/ { name = word(); arguments = "" }
            /^\.F[na]/ {
                while (line ~ /[^ ]/)
                    arguments = arguments (arguments == "" ? "" : ", ") word()
            }
            /^\.F[nc]/ { finish() }
        ' "$page"
    } >"$scratch/synopsis.c"
    compile "$scratch/synopsis.c" -fsyntax-only >"$scratch/said" 2>&1 ||
        fail "$(basename "$page") declares otherwise than the header: $(cat "$scratch/said")"
    for name in $(names_of "$page"); do
        grep -qx "$name" "$scratch/declared" || continue
        grep -q "^\.F[no] $name\( \|\$\)" "$page" ||
            fail "$(basename "$page") names $name, but does not declare it"
    done
done

# ---- examples
# The pages whose examples are C alone: a void * becomes another pointer, or they say _Thread_local.
only_c=' mi_malloc mi_malloc_small mi_register_deferred_free mi_usable_size '
echo '#include <new>' >"$scratch/new.cc"
have_cxx=no
if compile "$scratch/new.cc" -fsyntax-only >/dev/null 2>&1; then
    have_cxx=yes
fi
for page in "$man"/*.3; do
    base=$(basename "$page" .3)
    rm -f "$scratch/$base".*
    awk -v base="$scratch/$base" '
        /^\.Sh/ { inside = $2 == "EXAMPLES" }
        inside && /^\.Bd -literal/ { block = base "." ++count ".c"; next }
        /^\.Ed/ { block = "" }
        inside && block != "" {
            sub(/^\\&/, "")
            gsub(/\\e/, "\\")
            gsub(/\\-/, "-")
            print > block
        }
    ' "$page"
    [ -f "$scratch/$base.1.c" ] || fail "$base(3) has no example"
    for source in "$scratch/$base".*.c; do
        [ -f "$source" ] || continue
        example="$base(3), example $(basename "$source" .c | sed 's/.*\.//')"
        if grep -Eq '^#include <[a-z_]+>' "$source"; then # a header of C++
            [ $have_cxx = yes ] || continue
            mv "$source" "$source.cc"
            source=$source.cc
        elif [ $have_cxx = yes ] && [ "${only_c#* "$base" }" = "$only_c" ]; then
            cp "$source" "$source.cc"
            compile "$source.cc" -fsyntax-only >"$scratch/said" 2>&1 || echo failed >>"$scratch/said"
            [ ! -s "$scratch/said" ] || fail "$example, as C++: $(cat "$scratch/said")"
            rm -f "$source.cc"
        fi
        if ! compile "$source" -c -o "$source.o" >"$scratch/said" 2>&1 || [ -s "$scratch/said" ]; then
            fail "$example: $(cat "$scratch/said")"
        elif [ -n "$PLAIN_SO" ]; then
            compile "$source" -o "$source.run" "$PLAIN_SO" -pthread || fail "$example does not link"
            LD_LIBRARY_PATH=$(dirname "$PLAIN_SO") "$source.run" >"$scratch/said" 2>&1 ||
                fail "$example ends with $?: $(cat "$scratch/said")"
        fi
    done
done

# ---- options
page=$man/mimalloc-options.7
sed -n 's/^ *MIP_OPTION_\([A-Z_]*\) *=.*/\1/p' "$top_srcdir/lib/base/options.h" | sort >"$scratch/options"
awk '
    /^\.It Ev MIMALLOC_/ { name = substr($3, 10) }
    /^Default [0-9]+.* range [0-9]+ to [0-9A-Z_\/]+\.$/ {
        first = $2
        sub(/,$/, "", first)
        last = $NF
        sub(/\.$/, "", last)
        print name, first, $(NF - 2), last
        name = ""
    }
' "$page" >"$scratch/documented"
cut -d' ' -f1 "$scratch/documented" | sort >"$scratch/documented-names"
compare "$scratch/options" "$scratch/documented-names" \
    "lib/base/options.h (<) and mimalloc-options(7) (>) have different options"

if [ -n "$PLAIN_SO" ]; then
    {
        printf '#include <mimalloc.h>\n#include <stdint.h>\n#include <stdio.h>\nint main(void) {\n    int wrong = 0;\n'
        while read -r name first least most; do
            name=$(echo "$name" | tr '[:upper:]' '[:lower:]')
            cat <<END
    if (mi_option_get(mi_option_$name) != $first)
        wrong += printf("$name: default %ld, not $first\\n", mi_option_get(mi_option_$name));
    mi_option_set(mi_option_$name, (long)($most));
    mi_option_set(mi_option_$name, (long)($most) + 1);
    if (mi_option_get(mi_option_$name) != (long)($most))
        wrong += printf("$name: range does not end with $most\\n");
    mi_option_set(mi_option_$name, $least);
    mi_option_set(mi_option_$name, ${least}L - 1);
    if (mi_option_get(mi_option_$name) != $least)
        wrong += printf("$name: range does not begin with $least\\n");
    mi_option_set(mi_option_$name, 0);
END
        done <"$scratch/documented"
        printf '    return wrong != 0;\n}\n'
    } >"$scratch/defaults.c"
    # shellcheck disable=SC2086
    if compile "$scratch/defaults.c" -o "$scratch/defaults" "$PLAIN_SO" -pthread; then
        env -i LD_LIBRARY_PATH="$(dirname "$PLAIN_SO")" "$scratch/defaults" \
            >"$scratch/said" 2>"$scratch/warnings" ||
            fail "mimalloc-options(7) differs from the library: $(cat "$scratch/said")"
    else
        fail "an option of mimalloc-options(7) is not in the header"
    fi

    printf '#include <mimalloc.h>\nint main(void) {\n    mi_options_print();\n    return 0;\n}\n' \
        >"$scratch/print.c"
    if compile "$scratch/print.c" -o "$scratch/print" "$PLAIN_SO" -pthread; then
        env -i LD_LIBRARY_PATH="$(dirname "$PLAIN_SO")" "$scratch/print" 2>"$scratch/said"
        while read -r name first _; do
            name=$(echo "$name" | tr '[:upper:]' '[:lower:]')
            grep "\<$name\>" "$scratch/said" | grep -q "\<$first\>" ||
                fail "mi_options_print does not print $first, the default of $name"
        done <"$scratch/documented"
    fi
fi

if [ $status = 0 ] && [ -n "$skipped" ]; then
    echo "SKIP: not installed, so the pages were not checked with:$skipped"
    exit 77
fi
exit $status
