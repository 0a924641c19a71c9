# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the tests of real programs share; each sources this file first.  A test says which program
# it needs, runs a piece of work once without and once with the allocator in the same fresh
# directory, and demands equal output, equal exit status and equal files.  That the allocator
# served is asserted twice: by the line that the library says under MIMALLOC_VERBOSE=1
# (assert_served) and by what the dynamic linker bound malloc to (assert_bound).
#
# From the environment: MIMALLOC_RUN (the launcher), OVERRIDE_SO, DEBUG_SO and SECURE_SO (the
# libraries; empty where not built), PROGRAMS_LIMIT (seconds that one command may take:
# 60, which is ten times what the slowest needs on an idle machine).

set -eu

NAME=${0##*/}
NAME=${NAME%.sh}
HERE=$(cd "${0%/*}" && pwd)
LIMIT=${PROGRAMS_LIMIT:-60}
# A program's own VERSION is its own.
serving_version=$VERSION
# The plain library, preloaded by mistake, has its version followed by something else.
SAID="^mimalloc: .*$(printf '%s\n' "$serving_version" | sed 's/\./\\./g') ([^)]*override"

say() {
    printf '%s: %s\n' "$NAME" "$*"
}

fail() {
    say "FAIL: $*"
    exit 1
}

skip() {
    say "SKIP: $*"
    exit 77
}

# show FILE: its beginning, for the log of a test that failed.
show() {
    if [ -s "$1" ]; then
        printf '%s\n' "---- ${1##*/}"
        head -c 2000 "$1"
        printf '\n'
    fi
}

# need PROGRAM PACKAGE: go on only where the program is installed, and of the ABI of this build.
need() {
    command -v "$1" >/dev/null 2>&1 || skip "$1 is not installed (Debian package $2)"
    if "$MIMALLOC_RUN" --print "$1" 2>&1 | grep -q -e 'another ABI' -e 'another C library'; then
        skip "$1 is for another system than this build"
    fi
}

[ -n "${OVERRIDE_SO:-}" ] || skip "no override library (make check names it in OVERRIDE_SO)"
[ -x "${MIMALLOC_RUN:-}" ] || fail "no launcher at '${MIMALLOC_RUN:-}' (MIMALLOC_RUN)"

# Nothing that the caller has set may reach the programs, nor differ between two runs.
unset LD_PRELOAD LD_DEBUG DEBUGINFOD_URLS CDPATH ENV BASH_ENV
unset CC CXX CPPFLAGS CFLAGS CXXFLAGS LDFLAGS MAKEFLAGS MFLAGS MAKELEVEL VERSION
for variable in $(env | sed -n 's/^\(MIMALLOC_[A-Z_]*\)=.*/\1/p'); do
    [ "$variable" = MIMALLOC_RUN ] || unset "$variable"
done
WORK=$(mktemp -d "${TMPDIR:-/tmp}/programs.XXXXXX")
HOME=$WORK/home
LC_ALL=C
TZ=UTC0
export HERE HOME LC_ALL TZ
umask 022
mkdir "$HOME"

# A test that starts a server overrides this one; it runs before the files are removed.
stop() {
    :
}

trap 'stop; rm -rf "$WORK"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# tidy LABEL: a test may override it to take out of $WORK/LABEL.out, .err and $WORK/LABEL/ what
# differs from run to run by nature (a time, a process number).
tidy() {
    :
}

# read_from FILE: what the commands from now on have as their standard input.
read_from() {
    INPUT=$1
}
read_from /dev/null

# capture LABEL COMMAND...: run the command in the directory $WORK/run, made afresh, and keep its
# output, exit status (STATUS too) and files as $WORK/LABEL.out, .err, .status and $WORK/LABEL/.
capture() {
    label=$1
    shift
    rm -rf "$WORK/run" "${WORK:?}/$label"
    mkdir "$WORK/run"
    STATUS=0
    (cd "$WORK/run" && exec timeout -k 5 "$LIMIT" "$@") \
        <"$INPUT" >"$WORK/$label.out" 2>"$WORK/$label.err" || STATUS=$?
    echo "$STATUS" >"$WORK/$label.status"
    mv "$WORK/run" "$WORK/$label"
    if [ "$STATUS" -eq 124 ] || [ "$STATUS" -eq 137 ]; then
        show "$WORK/$label.err"
        fail "more than $LIMIT seconds ($label): $*"
    fi
}

# split_said LABEL: what our library said goes from LABEL.err to LABEL.said.  git puts a word in
# front of what its children at the other end say.
split_said() {
    sed -n 's/^remote: mimalloc:/mimalloc:/; /^mimalloc:/p' "$WORK/$1.err" >"$WORK/$1.said"
    sed -e '/^mimalloc:/d' -e '/^remote: mimalloc:/d' "$WORK/$1.err" >"$WORK/$1.rest"
    mv "$WORK/$1.rest" "$WORK/$1.err"
}

# same LABEL COMMAND...: what the run LABEL left equals what the run `plain` left.
same() {
    label=$1
    shift
    tidy "$label"
    for part in status err out; do
        if ! cmp -s "$WORK/plain.$part" "$WORK/$label.$part"; then
            diff "$WORK/plain.$part" "$WORK/$label.$part" >"$WORK/difference" || :
            show "$WORK/difference"
            show "$WORK/$label.err"
            fail "$part differs ($label): $*"
        fi
    done
    if ! diff -r "$WORK/plain" "$WORK/$label" >"$WORK/difference"; then
        show "$WORK/difference"
        fail "files differ ($label): $*"
    fi
}

# plain_run COMMAND...: the run without the allocator, which the others are compared to.
plain_run() {
    capture plain "$@"
    if [ "$STATUS" -ne 0 ]; then
        show "$WORK/plain.out"
        show "$WORK/plain.err"
        fail "exits $STATUS without the allocator already: $*"
    fi
    tidy plain
}

# compare_runs COMMAND...: once without, once with the allocator, which tells of itself.
compare_runs() {
    plain_run "$@"
    capture served env MIMALLOC_VERBOSE=1 "$MIMALLOC_RUN" "$@"
    split_said served
    same served "$@"
}

# compare_quiet COMMAND...: the same where MIMALLOC_VERBOSE may not be set because the program
# looks at what its children write.  Nothing is filtered, so the library has to be silent.
compare_quiet() {
    plain_run "$@"
    capture served "$MIMALLOC_RUN" "$@"
    : >"$WORK/served.said"
    same served "$@"
}

# assert_served [COUNT [LABEL]]: in the last run at least COUNT (1) processes were served.
assert_served() {
    found=$(grep -c "$SAID" "$WORK/${2:-served}.said" || :)
    [ "$found" -ge "${1:-1}" ] ||
        fail "the allocator tells of $found processes that it serves, not of ${1:-1}"
}

# assert_bound PROGRAM ARGUMENT...: a short run of the program itself (not of a shell around it)
# in which every malloc is bound to our library, whatever else the program is linked with.  A
# program at a fixed address may stand in between: pointers to malloc lead to its own PLT entry,
# and that one is bound to ours.  Only the GNU linker tells of bindings.
assert_bound() {
    rm -f "$WORK"/bound.*
    (cd "$WORK" && exec timeout -k 5 "$LIMIT" "$MIMALLOC_RUN" \
        env LD_DEBUG=bindings LD_DEBUG_OUTPUT="$WORK/bound" "$@") \
        <"$INPUT" >"$WORK/output.bound" 2>&1 || fail "exits $? under mimalloc-run: $*"
    if ! ls "$WORK"/bound.* >/dev/null 2>&1; then
        [ ! -e /lib/ld-musl-"$(uname -m)".so.1 ] || return 0
        fail "the dynamic linker told nothing about $1"
    fi
    cat "$WORK"/bound.* >"$WORK/bindings"
    awk '/normal symbol .malloc\x27/ {
            if ($7 ~ /\/libmimalloc-/) ours[$4] = 1; else other[$7] = $0
        }
        END {
            for (file in ours) count++
            if (!count) print "nothing binds malloc to it"
            for (file in other) if (file ~ /\.so/ || !(file in ours)) print other[file]
        }' "$WORK/bindings" >"$WORK/difference"
    if [ -s "$WORK/difference" ]; then
        show "$WORK/difference"
        fail "malloc is not (or not only) bound to our library: $*"
    fi
}

# compare_variants COMMAND...: the debug and the secure library on a shorter piece of work.
compare_variants() {
    [ -n "${DEBUG_SO:-}${SECURE_SO:-}" ] || return 0
    plain_run "$@"
    for variant in debug secure; do
        case $variant in
        debug) library=${DEBUG_SO:-} ;;
        *) library=${SECURE_SO:-} ;;
        esac
        [ -n "$library" ] || continue
        capture "$variant" env MIMALLOC_VERBOSE=1 "$MIMALLOC_RUN" "--$variant" "$@"
        split_said "$variant"
        same "$variant" "$@"
        assert_served 1 "$variant"
        grep "$SAID" "$WORK/$variant.said" | grep -q "[( ]${variant}[,)]" ||
            fail "asked for the $variant library, another one served: $*"
    done
}

# The last line of a test.
finish() {
    say "PASS"
}
