#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the cases of cases.txt.
#   run.sh [--full] [--table] [--columns "NAME..."] [--planted] [CASE...]
# --full takes the long ones too, --table prints case x column, --planted runs each case over the C
# library's malloc with the fault planted that its line names, and asks that it fail.
# Columns: linked preload debug secure glibc mimalloc jemalloc tcmalloc; sanitized: the calls made
# those of the plain static library, which is built with the thread sanitizer like the cases; delayed:
# preload, by the build with delays (delay.c).
# RELIABILITY_PATIENCE, in the environment, multiplies the seconds after which a case hangs.
set -u
: "${top_srcdir:?}"
here=$top_srcdir/tests/reliability
cases=$here/cases.txt
: "${CC:=cc}" "${CPPFLAGS:=}" "${CFLAGS:=}" "${LDFLAGS:=}"
: "${OVERRIDE_SO:=}" "${DEBUG_SO:=}" "${SECURE_SO:=}" "${PLAIN_SO:=}" "${OVERRIDE_OBJECT:=}"
: "${STATIC_LIB:=}" "${top_builddir:?}"

skip() {
    echo "SKIP: $*"
    exit 77
}

# peer FILE: where the loader's directories have it.
peer() {
    for directory in /usr/lib/*-linux-gnu /usr/lib64 /usr/lib /usr/local/lib; do
        if [ -e "$directory/$1" ]; then
            echo "$directory/$1"
            return
        fi
    done
}

library_of() {
    case $1 in
    linked | preload) echo "$OVERRIDE_SO" ;;
    debug) echo "$DEBUG_SO" ;;
    secure) echo "$SECURE_SO" ;;
    delayed) echo "$top_builddir/tests/reliability/.libs/libdelayed.so" ;;
    mimalloc) peer libmimalloc.so.2 ;;
    jemalloc) peer libjemalloc.so.2 ;;
    tcmalloc) peer libtcmalloc_minimal.so.4 ;;
    planted) echo "$CASE_DIR/planted.so" ;;
    sanitized) echo "$STATIC_LIB" ;;
    glibc) ;;
    esac
}

# ------------------------------------------------------------------------------ one job of xargs
# build SOURCE: a program, plain and linked with the override, or what is loaded.
build() {
    name=${1%.c}
    target=$CASE_DIR/$name
    mkdir -p "${target%/*}" "$CASE_DIR/linked/${name%/*}"
    flags="-std=gnu11 -O1 -g0 -Wall -Wextra -fno-builtin -pthread -I$here"
    case $name in
    plugins/*)
        # Compilers come with arguments.
        # shellcheck disable=SC2086
        $CC $CPPFLAGS $CFLAGS $LDFLAGS $flags -fPIC -shared -o "$CASE_DIR/${name#plugins/}.so" \
            "$here/$1" -ldl || echo "$1" >>"$CASE_DIR/unbuilt"
        return
        ;;
    stress/* | fault/*) source=$top_srcdir/tests/$1 && flags="$flags -DSTRESS_LIBC" ;;
    *) source=$here/$1 ;;
    esac
    if [ -n "$sanitized" ]; then
        mkdir -p "$CASE_DIR/sanitized/${name%/*}"
        # shellcheck disable=SC2086
        $CC $CPPFLAGS $CFLAGS $LDFLAGS $flags -D_GNU_SOURCE -I"$top_srcdir/include" \
            -include mimalloc-override.h -o "$CASE_DIR/sanitized/$name" "$source" "$STATIC_LIB" \
            -ldl -lm || echo "$1" >>"$CASE_DIR/unbuilt"
        return
    fi
    export=$(sed -n 's|^/\* build: \(.*\) \*/$|\1|p' "$source")
    # shellcheck disable=SC2086
    $CC $CPPFLAGS $CFLAGS $flags -c -o "$target.o" "$source" &&
        $CC $CFLAGS $LDFLAGS -pthread -o "$target" "$target.o" $export -ldl &&
        $CC $CFLAGS $LDFLAGS -pthread -o "$CASE_DIR/linked/$name" "$target.o" $export \
            -Wl,--no-as-needed "$OVERRIDE_SO" -Wl,-rpath,"${OVERRIDE_SO%/*}" -ldl ||
        echo "$1" >>"$CASE_DIR/unbuilt"
    rm -f "$target.o"
}

# one ID COLUMN LIMIT FAULT WHAT [ARGUMENT...]: leaves "pass", "skip: why" or "FAIL: why" in a file.
one() {
    id=$1 column=$2 limit=$3 fault=$4 what=$5
    shift 5
    out=$CASE_DIR/out/$id.$column
    result=$CASE_DIR/result/$id.$column
    library=$(library_of "$column")
    if [ -z "$library" ] && [ "$column" != glibc ]; then
        echo "skip: not installed" >"$result"
        return
    fi
    if [ "$column" = delayed ]; then
        if [ ! -e "$library" ]; then
            echo "FAIL: $library is not built" | tee "$out" >"$result"
            return
        fi
        limit=$((limit * 4))
    fi
    CASE_COLUMN=$column CASE_LIBRARY=$library CASE_BIN=$CASE_DIR
    case $column in linked | sanitized) CASE_BIN=$CASE_DIR/$column ;; esac
    CASE_PRELOAD=$library
    case $column in glibc | linked | sanitized) CASE_PRELOAD= ;; esac
    CASE_PLAIN=${PLAIN_SO:-}
    export CASE_COLUMN CASE_LIBRARY CASE_BIN CASE_PRELOAD CASE_PLAIN
    unset PLANTED
    [ "$fault" = - ] || export PLANTED="$fault"
    status=0
    case $what in
    *.sh) timeout -k 1 "$limit" sh "$here/$what" "$@" >"$out" 2>&1 || status=$? ;;
    *)
        timeout -k 1 "$limit" env ${CASE_PRELOAD:+LD_PRELOAD="$CASE_PRELOAD"} \
            "$CASE_BIN/${what%.c}" "$@" >"$out" 2>&1 || status=$?
        ;;
    esac
    last=$(tail -n 1 "$out" | tr -d '\0' | cut -c 1-150)
    case $status in
    0) echo pass ;;
    77) echo "skip: $last" ;;
    124 | 137) echo "FAIL: hangs (over $limit s)" ;;
    13[0-9] | 14[0-9] | 15[0-9]) echo "FAIL: signal $((status - 128))${last:+: $last}" ;;
    *) echo "FAIL: ${last:-status $status}" ;;
    esac >"$result"
}

: "${sanitized:=}"
case ${1-} in
--build | --one)
    job=${1#--}
    shift
    $job "$@"
    exit 0
    ;;
esac

# ------------------------------------------------------------------------------------- the whole
full="" table="" planted="" columns="linked preload debug"
while [ $# -gt 0 ]; do
    case $1 in
    --full) full=1 ;;
    --table) table=1 ;;
    --planted) planted=1 columns=planted ;;
    --columns)
        columns=$2
        shift
        ;;
    -*)
        echo "usage: run.sh [--full] [--table] [--planted] [--columns NAMES] [CASE...]" >&2
        exit 2
        ;;
    *) break ;;
    esac
    shift
done
sanitized=
case $columns in
sanitized)
    [ -n "$STATIC_LIB" ] || skip "the static library is not built"
    sanitized=1
    ;;
*)
    [ -n "$OVERRIDE_SO" ] || skip "the override library is not built"
    case " $CFLAGS " in
    *" -fsanitize"*) skip "a sanitizer serves malloc itself: $CFLAGS" ;;
    esac
    ;;
esac
# Compilers come with arguments.
# shellcheck disable=SC2086
machine=$($CC $CFLAGS -dumpmachine)
[ "${machine%%-*}" = "$(uname -m)" ] || skip "made for $machine, this is $(uname -m)"
# shellcheck disable=SC2086
if ! printf '#include <limits.h>\n#if !defined(__GLIBC__) || !defined(__LP64__)\n#error\n#endif\n' |
    $CC $CPPFLAGS $CFLAGS -E - >/dev/null 2>&1; then
    skip "the cases are written for the GNU C library and 64 bits"
fi
for name in timeout xargs; do
    command -v $name >/dev/null || skip "no $name"
done
wanted=$*
unset LD_PRELOAD LD_LIBRARY_PATH
for name in $(env | sed -n 's/^\(MIMALLOC_[A-Z_]*\)=.*/\1/p'); do
    [ "$name" = MIMALLOC_RUN ] || unset "$name"
done
CASE_DIR=${RELIABILITY_DIR:-$(mktemp -d)}
[ -n "${RELIABILITY_DIR:-}" ] || trap 'rm -rf "$CASE_DIR"' EXIT
mkdir -p "$CASE_DIR/out" "$CASE_DIR/result" "$CASE_DIR/linked"
rm -f "$CASE_DIR/out"/* "$CASE_DIR/result"/* "$CASE_DIR/unbuilt"
[ -z "$full" ] || export CASE_FULL=1
export CASE_DIR top_srcdir CC CPPFLAGS CFLAGS LDFLAGS OVERRIDE_SO DEBUG_SO SECURE_SO PLAIN_SO \
    OVERRIDE_OBJECT STATIC_LIB sanitized
work=$CASE_DIR

# is_wanted ID
is_wanted() {
    [ -n "$wanted" ] || return 0
    for pattern in $wanted; do
        # A pattern on purpose.
        # shellcheck disable=SC2254
        case $1 in $pattern) return 0 ;; esac
    done
    return 1
}

: >"$work/jobs"
: >"$work/ids"
# The fields without the blanks around them.
sed -e 's/^ *//' -e 's/ *| */|/g' -e 's/ *$//' -e '/^#/d' -e '/^$/d' "$cases" >"$work/table"
while IFS='|' read -r id title what tier _ fault; do
    case $what in see*) continue ;; esac
    is_wanted "$id" || continue
    # shellcheck disable=SC2086
    set -- $tier
    case $1 in
    quick) ;;
    table) [ -n "$full$table" ] || continue ;;
    *) [ -n "$full" ] || continue ;;
    esac
    limit=$2
    [ -z "$full" ] || limit=${3:-$2}
    [ -z "$sanitized" ] || limit=$((limit * 20))
    limit=$((limit * ${RELIABILITY_PATIENCE:-1}))
    way=-
    if [ -n "$planted" ]; then
        case $fault in
        planted\ *) way=${fault#planted } && way=${way%% *} ;;
        *) continue ;;
        esac
    fi
    echo "$id|$title" >>"$work/ids"
    for column in $columns; do
        echo "$id $column $limit $way $what" >>"$work/jobs"
    done
done <"$work/table"
[ -s "$work/jobs" ] || {
    echo "no such case"
    exit 2
}

# What the jobs need: their programs, and all that is loaded.
{
    awk '$5 ~ /\.c$/ { print $5 }' "$work/jobs"
    awk '$5 ~ /\.sh$/ { print $5 }' "$work/jobs" | sort -u | while read -r script; do
        sed -n 's/^# needs: *//p' "$here/$script" | tr ' ' '\n'
    done
    [ -n "$sanitized" ] || (cd "$here" && ls plugins/*.c)
} | sort -u >"$work/sources"
processors=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
xargs -n 1 -P "$processors" sh "$here/run.sh" --build <"$work/sources"
if [ -s "$work/unbuilt" ]; then
    echo "FAIL: does not compile:"
    cat "$work/unbuilt"
    exit 1
fi
# One line is one job; alone where what is tried concerns the whole machine.
[ "${RELIABILITY_MACHINE:-}" != yes ] || RELIABILITY_JOBS=1
xargs -L 1 -P "${RELIABILITY_JOBS:-$processors}" sh "$here/run.sh" --one <"$work/jobs"

failed=0
if [ -n "$table" ]; then
    printf '%-6s %-44s' case title
    for column in $columns; do
        printf ' %-9s' "$column"
    done
    printf '\n'
    while IFS='|' read -r id title; do
        printf '%-6s %-44.44s' "$id" "$title"
        for column in $columns; do
            answer=$(cat "$work/result/$id.$column")
            printf ' %-9s' "${answer%%:*}"
        done
        printf '\n'
    done <"$work/ids"
    echo
    echo "Why:"
fi
for column in $columns; do
    good=0 bad=0 passed_over=0
    while IFS='|' read -r id title; do
        answer=$(cat "$work/result/$id.$column")
        if [ -n "$planted" ]; then
            case $answer in
            FAIL*) answer="pass ($answer)" ;;
            pass) answer="FAIL: holds with the fault planted" ;;
            esac
            echo "$id, $title: $answer"
        fi
        case $answer in
        pass*) good=$((good + 1)) ;;
        skip*)
            passed_over=$((passed_over + 1))
            echo "$id, $title: $column: $answer"
            ;;
        *)
            bad=$((bad + 1))
            echo "$id, $title: $column: $answer"
            if [ -z "$table" ]; then
                sed 's/^/    /' "$work/out/$id.$column" | tail -n 20
            fi
            ;;
        esac
    done <"$work/ids"
    echo "$column: $good passed, $bad failed, $passed_over skipped"
    case $column in
    linked | preload | debug | secure | delayed | planted | sanitized) failed=$((failed + bad)) ;;
    esac
done
[ "$failed" = 0 ]
