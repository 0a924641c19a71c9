# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the suites of whole programs share; each sources this file first.  A suite is a function,
# given to compare_suite, that does a good deal of work with a program and leaves in the file
# OUTCOMES what must not depend on who serves malloc: which tests passed, failed and were passed over,
# exit statuses, checksums.  It starts what is to be served by "$RUN" COMMAND.  It is run without the
# allocator and then once for each word of VARIANTS (release, secure, debug; planted is the C library's
# malloc that gives a block to two callers now and then, which each suite must find).  Each variant is
# one line of the table that tests/package/run prints.
#
# From the environment, beside what ../common.sh has: PACKAGE_DIR, PACKAGE_RESULTS and PACKAGE_CHECK
# (tests/package/run), VARIANTS, PLANTED (the fault, of tests/reliability/plugins/planted.c),
# PROGRAMS_LIMIT (seconds that one command may take).
PROGRAMS_LIMIT=${PROGRAMS_LIMIT:-1800}
given_cc=${CC:-cc}
# shellcheck source=/dev/null
. "${0%/*}/../common.sh"
rows=0
failures=0

# row RESULT POINT TEXT: one line of the table.
row() {
    say "$1: $2: $3"
    rows=$((rows + 1))
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "${PACKAGE_CHECK:-$NAME}" "$3" \
        >>"${PACKAGE_RESULTS:-/dev/null}"
}

# Here a program that is missing is a line of the table.
skip() {
    row skip - "$*"
    exit 0
}

# limited COMMAND...: with a limit of time; its status, which the log has when it is not 0.
limited() {
    limited_status=0
    timeout -k 5 "$LIMIT" "$@" || limited_status=$?
    case $limited_status in
    0) ;;
    124 | 137) fail "more than $LIMIT seconds, or killed: $*" ;;
    *) echo "status $limited_status: $*" >&2 ;;
    esac
    return $limited_status
}

# library_of VARIANT: the file that serves it; empty where it was not built.
library_of() {
    case $1 in
    release) echo "$OVERRIDE_SO" ;;
    secure) echo "${SECURE_SO:-}" ;;
    debug) echo "${DEBUG_SO:-}" ;;
    planted)
        [ -e "$WORK/planted.so" ] || $given_cc -O1 -fPIC -shared -fno-builtin -w -o "$WORK/planted.so" \
            "$HERE/../../reliability/plugins/planted.c" >&2
        echo "$WORK/planted.so"
        ;;
    *) fail "no variant is called $1 (VARIANTS)" ;;
    esac
}

# run_as VARIANT: makes "$RUN", which starts a command that this variant serves.
RUN=$WORK/run-command
run_as() {
    {
        echo '#!/bin/sh'
        case $1 in
        plain) echo 'exec "$@"' ;;
        release) echo "exec '$MIMALLOC_RUN' \"\$@\"" ;;
        planted) echo "exec env LD_PRELOAD='$WORK/planted.so' PLANTED=${PLANTED:-twice} \"\$@\"" ;;
        *) echo "exec '$MIMALLOC_RUN' --$1 \"\$@\"" ;;
        esac
    } >"$RUN"
    chmod +x "$RUN"
}

# assert_serves COMMAND...: of the variant at hand, the library says that it serves the command.
assert_serves() {
    case $VARIANT in plain | planted) return 0 ;; esac
    MIMALLOC_VERBOSE=1 limited "$RUN" "$@" >"$WORK/verbose.out" 2>&1 </dev/null ||
        { show "$WORK/verbose.out" && fail "exits $limited_status under $VARIANT: $*"; }
    grep "$SAID" "$WORK/verbose.out" | grep -q "[( ]${VARIANT}[,)]" ||
        { show "$WORK/verbose.out" && fail "the $VARIANT library does not say that it serves: $*"; }
}

# assert_mapped PID...: the library of the variant at hand is in these processes, the first of which runs
# now; others may have ended.
assert_mapped() {
    [ "$VARIANT" != plain ] || return 0
    first=$1
    for pid in "$@"; do
        cat "/proc/$pid/maps" >"$WORK/maps" 2>/dev/null && [ -s "$WORK/maps" ] || [ "$pid" = "$first" ] ||
            continue
        grep -q "${LIBRARY##*/}" "$WORK/maps" ||
            fail "the $VARIANT library is not in process $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
    done
}

# run_suite VARIANT FUNCTION: in a directory of its own; what it prints is $WORK/VARIANT.log.  Sets
# STATUS and SECONDS_TAKEN.
run_suite() {
    VARIANT=$1
    OUTCOMES=$WORK/$1.outcomes
    run_as "$1"
    rm -rf "${WORK:?}/$1"
    mkdir "$WORK/$1"
    : >"$OUTCOMES"
    # With a fault planted, a program may run in a circle.
    LIMIT=$PROGRAMS_LIMIT
    [ "$1" != planted ] || LIMIT=60
    begun=$(date +%s)
    set +e
    (
        set -e
        trap 'stop' EXIT
        cd "$WORK/$1"
        "$2"
    ) </dev/null >"$WORK/$1.log" 2>&1
    STATUS=$?
    set -e
    SECONDS_TAKEN=$(($(date +%s) - begun))
    rm -rf "${WORK:?}/$1"
}

# problems VARIANT: says, in one line, what is wrong with a run; says nothing when it equals the plain one.
problems() {
    if [ "$STATUS" != 0 ]; then
        echo "the suite ended with status $STATUS: $(grep 'FAIL:' "$WORK/$1.log" | tail -n 1)"
    elif ! cmp -s "$WORK/plain.outcomes" "$WORK/$1.outcomes"; then
        echo "outcomes differ: $(diff "$WORK/plain.outcomes" "$WORK/$1.outcomes" | grep -c '^[<>]') lines"
    elif grep -aq '^mimalloc: ' "$WORK/$1.log"; then
        echo "the library complains: $(grep -a '^mimalloc: ' "$WORK/$1.log" | head -n 1)"
    fi
}

# compare_suite FUNCTION: as the head of this file says.
compare_suite() {
    run_suite plain "$1"
    if [ "$STATUS" != 0 ] || [ ! -s "$WORK/plain.outcomes" ]; then
        tail -n 40 "$WORK/plain.log"
        row FAIL plain "the suite does not end well without the allocator (status $STATUS)"
        exit 1
    fi
    plain_seconds=$SECONDS_TAKEN
    cat "$WORK/plain.outcomes"
    for variant in ${VARIANTS:-release}; do
        LIBRARY=$(library_of "$variant")
        if [ -z "$LIBRARY" ]; then
            row skip "$variant" "this library was not built"
            continue
        fi
        run_suite "$variant" "$1"
        problem=$(problems "$variant")
        if [ -n "$problem" ]; then
            failures=$((failures + 1))
            diff "$WORK/plain.outcomes" "$WORK/$variant.outcomes" | head -n 60 || :
            tail -n 60 "$WORK/$variant.log"
            [ -z "${PACKAGE_DIR:-}" ] || cp "$WORK/$variant.log" "$PACKAGE_DIR/$NAME.$variant.output"
            row FAIL "$variant" "$problem ($SECONDS_TAKEN s, plain $plain_seconds s)"
        else
            row ok "$variant" \
                "$(wc -l <"$OUTCOMES") outcomes are the same ($SECONDS_TAKEN s, plain $plain_seconds s)"
        fi
    done
}

# The last line of a suite's script.
finish() {
    [ "$rows" != 0 ] || fail "nothing was compared"
    [ "$failures" = 0 ] || exit 1
}
