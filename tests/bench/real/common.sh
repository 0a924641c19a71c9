# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the scripts of real programs share.  Each is called as
#   NAME.sh prepare DIR ARGUMENT...      makes the inputs in DIR; exits 77 with the reason where the
#                                        program is not installed
#   NAME.sh programs DIR ARGUMENT...     the programs that the library has to serve, one a line
#   NAME.sh command DIR ARGUMENT...      the command to be measured, one argument a line; lines
#                                        NAME=VALUE before the program are its environment
#   NAME.sh run DIR LIBRARY ARGUMENT...  instead of a command, where that prints nothing: runs the
#                                        load with the library ("-": none) and prints "seconds S",
#                                        "peak_kib K" and what else measure tells
#   NAME.sh check DIR ARGUMENT...        fails with the reason where the run went wrong; its
#                                        standard output is in DIR/output
# with the arguments of its row in the table.  A script defines do_prepare, do_command (and do_run)
# and do_check, and ends with `verb "$@"`.

set -eu
HERE=$(cd "${0%/*}" && pwd)
export HERE

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# need PROGRAM PACKAGE
need() {
    command -v "$1" >/dev/null 2>&1 || {
        echo "$1 is not installed (Debian package $2)"
        exit 77
    }
}

# arguments WORD...: one a line
arguments() {
    printf '%s\n' "$@"
}

# The program of the command, unless a script knows better.
do_programs() {
    do_command "$@" | sed -n '/^[A-Za-z_][A-Za-z_0-9]*=/!{p;q;}'
}

# same_output: what the program printed is the same in every run.
same_output() {
    [ -s "$DIR/output" ] || fail "no output"
    if [ ! -e "$DIR/output.first" ]; then
        cp "$DIR/output" "$DIR/output.first"
    elif ! cmp -s "$DIR/output.first" "$DIR/output"; then
        fail "the output differs from that of the first run"
    fi
}

verb() {
    [ $# -ge 2 ] || fail "usage: ${0##*/} prepare|programs|command|run|check DIR ARGUMENT..."
    DIR=$2
    asked=$1
    shift 2
    case $asked in
    prepare | programs | command | run | check) "do_$asked" "$@" ;;
    *) fail "no such verb: $asked" ;;
    esac
}
