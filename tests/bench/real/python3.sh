#!/bin/sh
# SPDX-License-Identifier: MIT
# python3 N: objects, JSON and regular expressions, every object straight from malloc.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

do_prepare() {
    # A python3 found first by PATH may be a shell script that chooses a version.
    for python in /usr/bin/python3 "$(command -v python3 || :)"; do
        if [ -x "$python" ] && "$python" -c '' 2>/dev/null; then
            "$python" -c 'import os, sys; print(os.path.realpath(sys.executable))' >"$DIR/python"
            if PYTHONMALLOC=malloc "$(cat "$DIR/python")" -s -c 'import sys; sys._debugmallocstats()' 2>&1 |
                grep -q 'Small block threshold'; then
                fail "$python keeps its own allocator under PYTHONMALLOC=malloc"
            fi
            return
        fi
    done
    need python3-that-runs python3
}

do_command() {
    arguments PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 \
        "$(cat "$DIR/python")" -s "$HERE/work.py" "$1"
}

do_check() {
    same_output
}

verb "$@"
