#!/bin/sh
# SPDX-License-Identifier: MIT
# What the environment does, and what is said on stderr at start and exit.
set -eu

: "${top_srcdir:?}" "${top_builddir:?}" "${VERSION:?}"
probe=${PROBE-$top_builddir/tests/api/probe}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
    echo "FAIL: $*"
    sed 's/^/    | /' "$work/err"
    failed=1
}

# run NAME=VALUE... COMMAND [ARGUMENT...]: stdout and stderr go to files.
run() {
    env -u MIMALLOC_VERBOSE -u MIMALLOC_STATS -u MIMALLOC_SHOW_STATS -u MIMALLOC_SHOW_ERRORS \
        -u MIMALLOC_RUN "$@" >"$work/out" 2>"$work/err" || fail "status $? of: $*"
}

# expect_option NUMBER VALUE [NAME=VALUE...]
expect_option() {
    number=$1 value=$2
    shift 2
    run "$@" "$probe" "$number"
    [ "$(head -n 1 "$work/out")" = "$value" ] ||
        fail "option $number is $(head -n 1 "$work/out"), not $value, with: $*"
}

expect_silence() {
    [ ! -s "$work/err" ] || fail "$1: stderr is not empty"
}

expect_line() {
    grep -q -e "$1" "$work/err" || fail "$2: no line '$1'"
}

expect_no_line() {
    if grep -q -e "$1" "$work/err"; then
        fail "$2: a line '$1'"
    fi
}

# Silence is the rule.
run "$probe" 0
expect_silence "no environment"
run MIMALLOC_VERBOSE=0 MIMALLOC_STATS=0 "$probe" 0
expect_silence "verbose=0"

# Every option by its name.
expect_option 0 1
expect_option 0 0 MIMALLOC_PAGE_RESET=0
expect_option 1 1 MIMALLOC_CACHE_RESET=1
expect_option 2 1 MIMALLOC_POOL_COMMIT=1
expect_option 3 1 MIMALLOC_SHOW_STATS=1
expect_option 3 1 MIMALLOC_STATS=1
expect_option 4 0
expect_option 4 1 MIMALLOC_SHOW_ERRORS=1
expect_option 5 2 MIMALLOC_VERBOSE=2
expect_option 6 1234 MIMALLOC_PURGE_DELAY=1234
expect_option 7 65536 MIMALLOC_ARENA_RESERVE=65536
expect_option 8 0 MIMALLOC_LARGE_PAGES=0
expect_option 9 3 MIMALLOC_MAX_ERRORS=3
expect_option 10 3 MIMALLOC_MAX_WARNINGS=3
expect_option 11 1 MIMALLOC_KEEP_DEEPBIND=1
expect_option 12 2048 MIMALLOC_POPULATE_STEP=2M
expect_option 13 1 MIMALLOC_STATS_DETAIL=1
expect_option 14 1 MIMALLOC_SECURE_LEVEL=1
expect_option 15 100 MIMALLOC_TRACE=100
expect_option 16 0 MIMALLOC_CHECK_ORIGIN=0
expect_option 6 500 MIMALLOC_PURGE_DELAY=none
expect_silence "a wrong value"
expect_option 6 500 MIMALLOC_PURGE_DELAY=none MIMALLOC_SHOW_ERRORS=1
expect_line "^mimalloc: warning: MIMALLOC_PURGE_DELAY: ignored value 'none'$" "a wrong value, shown"

# Names of other releases that mean the same; names that mean nothing.
expect_option 6 30 MIMALLOC_RESET_DELAY=30
expect_option 8 2 MIMALLOC_ALLOW_LARGE_OS_PAGES=1
expect_option 8 1 MIMALLOC_ALLOW_LARGE_OS_PAGES=0
expect_option 8 0 MIMALLOC_ALLOW_THP=0
expect_option 2 1 MIMALLOC_ARENA_EAGER_COMMIT=1
expect_option 6 500 MIMALLOC_PURGE_DELAYS=7
expect_silence "an unknown name"
expect_option 6 500 MIMALLOC_PURGE_DELAYS=7 MIMALLOC_SHOW_ERRORS=1
expect_line "^mimalloc: warning: MIMALLOC_PURGE_DELAYS: there is no such option$" "an unknown name"
# shellcheck disable=SC2046
expect_option 6 7 $(seq -f 'MIMALLOC_NONE_%g=1' 100) MIMALLOC_PURGE_DELAY=7
expect_option 8 2 MIMALLOC_ALLOW_LARGE_OS_PAGES=1 MIMALLOC_SHOW_ERRORS=1
expect_silence "a known name"

# What mi_options_print prints are the defaults that the manual has, for each option and no other.
manual_defaults() {
    awk '
        /^\.It Ev MIMALLOC_/ { name = tolower(substr($3, 10)); debug = "" }
        /^Default [0-9]+.* range [0-9]+ to / {
            first = $2
            sub(/,$/, "", first)
            if (match($0, /and [0-9]+ in the debug library/)) {
                split(substr($0, RSTART, RLENGTH), word, " ")
                debug = word[2]
            }
            print name, variant == "debug" && debug != "" ? debug : first
        }
    ' variant="$1" "$top_srcdir/man/mimalloc-options.7" | sort
}

# expect_manual VARIANT NAME=VALUE...
expect_manual() {
    variant=$1
    shift
    run "$@" "$probe" options
    sed -n "s/^option '\([a-z_]*\)': \(.*\)$/\1 \2/p" "$work/err" | sort >"$work/printed"
    manual_defaults "$variant" >"$work/manual"
    [ -s "$work/manual" ] || fail "no defaults in the manual"
    if ! diff "$work/manual" "$work/printed"; then
        fail "the manual (<) has other defaults than mi_options_print (>), $variant"
    fi
}
expect_manual release -i PATH="$PATH" ${LD_LIBRARY_PATH+LD_LIBRARY_PATH="$LD_LIBRARY_PATH"}

# Statistics as JSON, read by somebody else.
expect_json() {
    run "$@" "$probe" json
    sed '/^done$/d' "$work/out" >"$work/json"
    ! command -v python3 >/dev/null || python3 -c '
import json, sys
stats = json.load(open(sys.argv[1]))
assert stats["pages"]["current"] == sum(b["current"] for b in stats["page_bins"])
assert stats["process"]["commit_current"] == stats["committed"]["current"] > 0
assert stats["variant"] in ("release", "secure") or stats["malloc_bins"]
' "$work/json" || fail "not as it should be: $(cat "$work/json")"
}
expect_json MIMALLOC_VERBOSE=0

# Verbose: who serves, with what settings.
run MIMALLOC_VERBOSE=1 MIMALLOC_PURGE_DELAY=77 "$probe"
expect_line "^mimalloc: libmimalloc $VERSION (release, plain) serves mi_malloc$" verbose
expect_line "^mimalloc: settings:.* purge_delay=77 " verbose
expect_no_line "not replaced" verbose

# A program linked with the archive starts the library as well.
if [ -n "${STATIC_LIB-}" ] && [ -e "$STATIC_LIB" ]; then
    # shellcheck disable=SC2086
    $CC ${CPPFLAGS-} ${CFLAGS-} ${LDFLAGS-} -I"$top_srcdir/include" -o "$work/static" "$top_srcdir/tests/api/probe.c" \
        "$STATIC_LIB" -pthread
    run MIMALLOC_VERBOSE=1 "$work/static"
    expect_line "libmimalloc $VERSION (release, plain) serves mi_malloc$" "static"
fi

# Statistics at exit.
run MIMALLOC_STATS=1 "$probe"
for line in "heap stats:" " normal:" " huge:" " total:" "committed:" "reserved:" "reset:" \
    "segments:" "-abandoned:" "pages:" "mmaps:" "threads:" "elapsed:" "process: user:"; do
    expect_line "$line" statistics
done
[ "$(cat "$work/out")" = "done" ] || fail "statistics on stdout"

# The system's own programs may be of another ABI than this build.
echo 'int nothing;' >"$work/nothing.c"
# shellcheck disable=SC2086
$CC ${CPPFLAGS-} ${CFLAGS-} ${LDFLAGS-} -shared -fPIC -o "$work/nothing.so" "$work/nothing.c"
system=
if [ -z "$(LD_PRELOAD=$work/nothing.so /bin/true 2>&1)" ]; then
    system=ours
else
    echo "the system's own programs are of another ABI: not tested with them"
fi

# A program that closes stderr in an exit handler, before any destructor of a library.
if [ -n "${OVERRIDE_SO-}" ] && [ -n "$system" ] && [ -x /bin/ls ]; then
    run MIMALLOC_STATS=1 LD_PRELOAD="$OVERRIDE_SO" /bin/ls "$top_srcdir/lib/LAYERS"
    expect_line "process: user:" "stderr closed by the program"
    # shellcheck disable=SC2016
    run MIMALLOC_STATS=1 LD_PRELOAD="$OVERRIDE_SO" sh -c 'exec 2>&-; exec "$0"' /bin/true
    expect_silence "stderr closed before the program"
fi

# The plain library does not replace malloc; who preloads it is told, under verbose only.
if [ -n "${PLAIN_SO-}" ] && [ -n "$system" ]; then
    run LD_PRELOAD="$PLAIN_SO" /bin/true
    expect_silence "plain library preloaded"
    run MIMALLOC_VERBOSE=1 LD_PRELOAD="$PLAIN_SO" /bin/true
    expect_line "malloc is not replaced: .*libmimalloc-override.so.10.*mimalloc-run" "plain preloaded"
    run MIMALLOC_VERBOSE=1 LD_PRELOAD="/no/where.so:$PLAIN_SO" /bin/true
    expect_line "malloc is not replaced" "plain preloaded second"
fi

# A copy that does not serve is inert: one library speaks, and it is the preloaded one.
# A statically linked probe serves itself: then there is nothing to see here.
if [ -n "${OVERRIDE_SO-}" ] && [ -n "${PLAIN_SO-}" ]; then
    run LD_PRELOAD="$OVERRIDE_SO" "$probe"
    expect_silence "override preloaded"
    run MIMALLOC_VERBOSE=1 LD_PRELOAD="$OVERRIDE_SO" "$probe"
    expect_line "^mimalloc: libmimalloc $VERSION (release, override) serves malloc$" "override"
    expect_no_line "plain" "override"
    run MIMALLOC_STATS=1 LD_PRELOAD="$OVERRIDE_SO" "$probe"
    [ "$(grep -c "process: user:" "$work/err")" = 1 ] || fail "statistics of two copies"
fi
if [ -n "${OVERRIDE_SO-}" ] && [ -n "${DEBUG_SO-}" ]; then
    run MIMALLOC_VERBOSE=1 LD_PRELOAD="$DEBUG_SO:$OVERRIDE_SO" "$probe"
    expect_line "^mimalloc: libmimalloc $VERSION (debug, override) serves malloc$" "debug"
    expect_no_line "release" "debug"
    run MIMALLOC_STATS=1 LD_PRELOAD="$DEBUG_SO" "$probe"
    expect_line "normal  *[0-9]*: " "debug statistics"
    expect_line "malloc requested: " "debug statistics"
    expect_manual debug -i PATH="$PATH" LD_PRELOAD="$DEBUG_SO"
    expect_json LD_PRELOAD="$DEBUG_SO"

    # Also when it is the first that the thread does.
    if LD_PRELOAD="$DEBUG_SO" "$probe" foreign >"$work/out" 2>"$work/err"; then
        fail "the debug library lets a thread allocate from another's heap"
    fi
    expect_line "^mimalloc: fatal: mi_heap_malloc: the heap .* is not one of this thread" "foreign"

    # Every block is counted: the suite knows what has to come out.
    if [ -x "$top_builddir/tests/api/stats" ]; then
        run LD_PRELOAD="$DEBUG_SO" "$top_builddir/tests/api/stats"
        grep -q '^100%' "$work/out" || fail "statistics of the debug library: $(cat "$work/out")"
    fi
fi
if [ -n "${SECURE_SO-}" ] && [ -x "$top_builddir/tests/api/stats" ]; then
    run LD_PRELOAD="$SECURE_SO" "$top_builddir/tests/api/stats"
    grep -q '^100%' "$work/out" || fail "statistics of the secure library: $(cat "$work/out")"
fi
exit $failed
