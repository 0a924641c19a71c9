# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Shared by the package checks; sourced, not run.  A check says for each point of what packages must
# be (a letter and a number, or a word) whether it holds, and ends with finish.  make gives in the
# environment: PACKAGE_DIR, where all checks of a run leave what they build; TARBALL; SONAME_NUMBER;
# VERSION; and what the tests of make check are given.
set -eu
LC_ALL=C.UTF-8
export LC_ALL
unset LD_PRELOAD LD_LIBRARY_PATH
# A directory of the check's own, new in each run and kept after it.
work=$PACKAGE_DIR/work/$PACKAGE_CHECK
rm -rf "$work"
mkdir -p "$work"
failures=0

# say RESULT POINT TEXT: one line of the table.
say() {
    echo "$1: $2: $3"
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$PACKAGE_CHECK" "$3" >>"$PACKAGE_RESULTS"
}

# check POINT TEXT COMMAND...: holds when the command succeeds; what it prints is in the log.  A function
# ends at its first command that fails, and sets no variables of the script's.
check() {
    check_point=$1 check_text=$2
    shift 2
    echo "---- $check_point: $check_text"
    set +e
    (
        set -e
        "$@"
    ) </dev/null 2>&1
    check_status=$?
    set -e
    if [ $check_status = 0 ]; then
        say ok "$check_point" "$check_text"
    else
        say FAIL "$check_point" "$check_text"
        failures=$((failures + 1))
    fi
}

# silent COMMAND...: succeeds and prints nothing.
silent() {
    silent_status=0
    silent_output=$("$@" 2>&1) || silent_status=$?
    [ -z "$silent_output" ] || printf '%s\n' "$silent_output"
    [ $silent_status = 0 ] && [ -z "$silent_output" ]
}

# skip POINT TEXT REASON
skip() {
    say skip "$1" "$2: $3"
}

# need TOOL...: are these programs there?  What is not is named in $missing.
need() {
    missing=
    for tool in "$@"; do
        command -v "$tool" >/dev/null || missing="$missing${missing:+, }$tool"
    done
    [ -z "$missing" ] && return 0
    missing="not installed: $missing"
    return 1
}

finish() {
    [ $failures = 0 ] || exit 1
    exit 0
}
