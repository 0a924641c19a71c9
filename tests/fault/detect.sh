#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every fault of faults.txt under the debug library and both levels of the secure library, in the
# initial thread, a second one and a forked child: the signal, and the message word by word, within a
# second (or see `limit`).  Then the same programs without the fault, which must end well.
#   detect.sh --table    how the others fare, too: a table instead of a verdict (make faults)
#   detect.sh [--table] NAME ...    these programs only
# Functions are called by name.
# shellcheck disable=SC2317
set -u
: "${top_srcdir:?}" "${CC:=cc}" "${CXX:=}" "${CPPFLAGS:=}" "${CFLAGS:=}" "${CXXFLAGS:=}" "${LDFLAGS:=}"
: "${OVERRIDE_SO:=}" "${DEBUG_SO:=}" "${SECURE_SO:=}"
here=$top_srcdir/tests/fault
LC_ALL=C
export LC_ALL
unset LD_PRELOAD MIMALLOC_SECURE_LEVEL

skip() {
    echo "SKIP: $*"
    exit 77
}
[ -n "$DEBUG_SO$SECURE_SO" ] || skip "neither the debug nor the secure library is built"
case " $CFLAGS " in
*" -fsanitize"*) skip "a sanitizer serves malloc itself: $CFLAGS" ;;
esac

[ -z "${TEST_EMULATED:-}" ] || skip "signals and seconds of an emulator are its own"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A fault that is met leaves no core file behind.
ulimit -c 0

compile() {
    local source=$1 compiler="$CC $CFLAGS -std=gnu11"
    [ "${source%.cc}" = "$source" ] || compiler="$CXX $CXXFLAGS -std=gnu++17 -fsized-deallocation"
    # Words on purpose.
    # shellcheck disable=SC2086
    $compiler $CPPFLAGS -O1 -w -fno-builtin $LDFLAGS -o "$work/$(basename "$source")" "$source" -lpthread -ldl
}

# Where addresses are few, freed mappings do not wait and guards are short.
# Words on purpose.
# shellcheck disable=SC2086
[ "$(echo __SIZEOF_POINTER__ | $CC $CPPFLAGS $CFLAGS -E -P - | tail -n 1)" = 8 ] && wide=yes || wide=no
[ "$wide" = yes ] || echo "not 64 bits: without blocks of 256 KiB and 1 MiB"

can_cxx=no
[ -z "$CXX" ] || ! compile "$here/programs/delete-twice.cc" 2>/dev/null || can_cxx=yes
[ $can_cxx = yes ] || echo "no C++ compiler: without the programs in C++"

table=no
[ "${1:-}" != --table ] || { table=yes && shift; }
only=" $* "
# is_asked NAME
is_asked() { [ "$only" = '  ' ] || [[ $only = *" $1 "* ]]; }

programs=$(sed -e 's/#.*//' -e 's/ *|.*//' -e '/^$/d' "$here/faults.txt" | sort -u)
for name in $programs; do
    is_asked "$name" || continue
    case $name in
    *.cc) [ $can_cxx = yes ] || continue ;;
    *) name=$name.c ;;
    esac
    compile "$here/programs/$name" || exit 1
done

bytes_of() { case $1 in s) bytes=8 ;; m) bytes=4096 ;; l) bytes=262144 ;; x) bytes=1048576 ;; esac; }
class_of() {
    case $1$2 in
    s*) class=16 ;;
    m*) class=4608 ;;
    llight) class=266240 ;;
    l*) class=262144 ;;
    xlight) class=1052672 ;;
    x*) class=1048576 ;;
    esac
}

# A second; but the machine may do much else, as those that build packages do: a run that took longer is
# repeated, and may take more.  With FAULT_SECONDS, as .ci/run has it, one of three runs has to keep it.
limit=${FAULT_SECONDS:-1} patience=${FAULT_SECONDS:-20} repeated=0

# run LIBRARY LEVEL PROGRAM SIZE PLACE [clean]: sets status, message, pointer.
run() {
    local more=0
    run_once "$@"
    while [ "$status" = 137 ] && [ "$more" -lt 2 ]; do
        more=$((more + 1)) repeated=$((repeated + 1))
        limit=$patience run_once "$@"
    done
}

run_once() {
    local library=$1 level=$2 program=$3 size=$4
    shift 4
    bytes_of "$size"
    # The shell tells of a signal on its own standard error.  Only the program is preloaded: timeout may
    # be of another C library.
    { timeout -s KILL "$limit" env ${library:+LD_PRELOAD="$library"} MIMALLOC_SECURE_LEVEL="$level" \
        MIMALLOC_SHOW_ERRORS=0 "$work/$program" "$bytes" "$@" >"$work/out" 2>"$work/err"; } 2>/dev/null
    status=$?
    message='' pointer=''
    [ ! -s "$work/err" ] || message=$(head -n 3 "$work/err" | tr '\n' ' ')
    message=${message% }
    while read -r key value; do [ "$key" != P ] || pointer=$value; done <"$work/out"
}

# meets OUTCOME SIZE LEVEL: is that what the last run did?
meets() {
    local function fault place pattern
    case $1 in
    any) return 0 ;;
    SEGV) [ "$status" = 139 ] && [ -z "$message" ] && return 0 || return 1 ;;
    holds) [ "$status" = 0 ] && [ -z "$message" ] && return 0 || return 1 ;;
    missed) [ "$status" = 3 ] && [ -z "$message" ] && return 0 || return 1 ;;
    esac
    [ "$status" = 134 ] || return 1
    class_of "$2" "$3"
    case $1 in
    *" @ "*) function=${1%% @ *} fault=${1#* @ } place="pointer $pointer, size class $class" ;;
    *" - "*) function=${1%% - *} fault=${1#* - } place="pointer $pointer, no size class" ;;
    *" # "*) function=${1%% # *} fault=${1#* # } place='the heap 0x[0-9a-f]+' ;;
    *" * "*) function=${1%% \* *} fault=${1#* \* } place='pointer 0x[0-9a-f]+, size class [0-9]+' ;;
    esac
    case $fault in
    *'N bytes, allocated with N') fault="${fault%N bytes*}[0-9]+ bytes, allocated with $bytes" ;;
    esac
    pattern="^mimalloc: fatal: $function: $place: $fault$"
    [[ $1 != *" # "* ]] || pattern="^mimalloc: fatal: $function: $place $fault$"
    [[ $message =~ $pattern ]]
}

# meets_any OUTCOMES SIZE LEVEL
meets_any() {
    local rest=$1 one
    while [ -n "$rest" ]; do
        # "or" stands in messages as well, before "past", "before", "freed".
        one=$(sed -E 's/ or ((malloc|free|realloc|usable_size|sized free|aligned free) [-@*] |SEGV|missed|holds).*//' <<<"$rest")
        meets "$one" "$2" "$3" && return 0
        rest=${rest#"$one"}
        rest=${rest# or }
    done
    return 1
}

trim() { sed -E 's/^ +//; s/ +$//' <<<"$1"; }

failed=0 runs=0
started=$SECONDS

# check LIBRARY LEVEL-NAME LEVEL NAME SIZE OUTCOMES
check() {
    local place
    for place in main thread child; do
        run "$1" "$3" "$4" "$5" "$place"
        runs=$((runs + 1))
        if [ "$status" = 6 ] && [ "$4" = reallocarray-new.cc ]; then
            echo "not here: $4: the C library lacks the function"
            return 0
        fi
        if ! meets_any "$6" "$5" "$2"; then
            echo "FAIL: $(basename "$1"), $2: $4 $bytes $place: status $status, '$message' (P $pointer), not: $6"
            failed=1
        fi
    done
    [ "$6" != holds ] && [ "$6" != any ] || return 0
    for place in main thread child; do
        run "$1" "$3" "$4" "$5" "$place" clean
        runs=$((runs + 1))
        if [ "$status" != 0 ] || [ -n "$message" ]; then
            echo "FAIL: $(basename "$1"), $2: $4 $bytes $place without the fault: status $status, '$message'"
            failed=1
        fi
    done
}

# for_each FUNCTION: NAME SIZE FULL LIGHT DEBUG
for_each() {
    local name sizes full light debug i program
    while IFS='|' read -r name sizes full light debug; do
        name=$(trim "$name")
        case $name in '' | '#'*) continue ;; esac
        is_asked "$name" || continue
        program=$name
        case $name in
        *.cc) [ $can_cxx = yes ] || continue ;;
        *) program=$name.c ;;
        esac
        sizes=$(trim "$sizes") full=$(trim "$full") light=$(trim "$light") debug=$(trim "$debug")
        for ((i = 0; i < ${#sizes}; i++)); do
            [ "$wide" = yes ] || [[ ${sizes:i:1} != [lx] ]] || continue
            "$1" "$program" "${sizes:i:1}" "$full" "$light" "${debug:-$full}"
        done
    done <"$here/faults.txt"
}

check_all() {
    if [ -n "$SECURE_SO" ]; then
        check "$SECURE_SO" full 2 "$1" "$2" "$3"
        check "$SECURE_SO" light 1 "$1" "$2" "$4"
    fi
    [ -z "$DEBUG_SO" ] || check "$DEBUG_SO" full 2 "$1" "$2" "$5"
}

# How a run ended, in a word.
word() {
    case $status in
    0) echo holds ;;
    3) echo missed ;;
    5) echo broken ;;
    6) echo n/a ;;
    7) echo chosen ;;
    134) echo abort ;;
    132 | 133 | 135) echo signal ;;
    137) echo timeout ;;
    139) echo segv ;;
    *) echo "status $status" ;;
    esac
}

row() {
    local column library level text
    bytes_of "$2"
    printf '%-26s %7s' "${1%.c}" "$bytes"
    for column in "${columns[@]}"; do
        library=${column#*=} level=2
        case ${column%%=*} in light) level=1 ;; esac
        if [ "$library" = none ]; then
            text=-
        else
            run "$library" "$level" "$1" "$2" main
            text=$(word)
        fi
        printf ' %8s' "$text"
    done
    echo
}

if [ $table = yes ]; then
    scudo=$(find /usr/lib/llvm-*/lib/clang /usr/lib/clang -name 'libclang_rt.scudo_standalone-x86_64.so' 2>/dev/null | sort | tail -n 1)
    columns=("release=${OVERRIDE_SO:-none}" "light=${SECURE_SO:-none}" "secure=${SECURE_SO:-none}"
        "debug=${DEBUG_SO:-none}" "libc=" "scudo=${scudo:-none}")
    printf '%-26s %7s' fault size
    for column in "${columns[@]}"; do printf ' %8s' "${column%%=*}"; done
    echo
    for_each row
    exit 0
fi

for_each check_all
echo "$runs runs, $repeated of them repeated, $((SECONDS - started)) s"
exit $failed
