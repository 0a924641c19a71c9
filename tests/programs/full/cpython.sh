#!/bin/sh
# SPDX-License-Identifier: MIT
# CPython's own tests of threads, processes, foreign functions, collection, mappings and files; with its
# own arenas over malloc, and with PYTHONMALLOC=malloc, where every object is a block of malloc's.
# shellcheck source=/dev/null
. "${0%/*}/suite.sh"

# A python3 found first by PATH may be one without these tests, hence a list.
python=
for candidate in /usr/bin/python3 python3; do
    if "$candidate" -c 'import test.test_gc, test.test_ctypes' 2>/dev/null; then
        python=$(command -v "$candidate")
        break
    fi
done
need python3 python3
[ -n "$python" ] || skip "python's tests are not installed (Debian package libpython3.11-testsuite)"
PYTHONHASHSEED=0
PYTHONDONTWRITEBYTECODE=1
export PYTHONHASHSEED PYTHONDONTWRITEBYTECODE
unset PYTHONPATH PYTHONHOME PYTHONMALLOC PYTHONMALLOCSTATS

modules='test_threading test_thread test_threading_local test_threadsignals test_fork1 test_subprocess
    test_ctypes test_gc test_mmap test_io test_memoryio test_memoryview test_buffer test_bytes test_array
    test_weakref test_pickle test_zlib test_queue test_atexit test_signal test_faulthandler'
# Mostly they wait for each other; the first one starts a new interpreter for each process.
processes='test_multiprocessing_spawn test_multiprocessing_fork test_multiprocessing_forkserver
    test_concurrent_futures'

# outcomes_of FILE NAME: each test and how it ended.
outcomes_of() {
    "$python" - "$1" "$2" <<'END' >>"$OUTCOMES"
import sys, xml.etree.ElementTree as tree
result = {}
for case in tree.parse(sys.argv[1]).iter("testcase"):
    how = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
    result[case.get("name")] = how[0] if how else case.get("result", "completed")
for name in sorted(result):
    print(sys.argv[2], name, result[name])
END
}

# run_tests NAME MODULE...: what fails by chance is run again by the runner itself (-w); but no worker may
# end by a signal, not even once.
run_tests() {
    name=$1
    shift
    limited "$RUN" "$python" -m test -j4 -w --timeout 600 --junit-xml "$PWD/$name.xml" "$@" \
        >"$name.said" 2>&1 || :
    cat "$name.said"
    ! grep -E 'crashed \(Exit code|Exit code -[0-9]' "$name.said" || fail "$name: a worker crashed"
    outcomes_of "$PWD/$name.xml" "$name"
}

suite() {
    assert_serves "$python" -c ''
    TMPDIR=$PWD
    export TMPDIR
    # shellcheck disable=SC2086 # words
    {
        run_tests arenas $modules
        run_tests processes $processes
        PYTHONMALLOC=malloc
        export PYTHONMALLOC
        run_tests malloc $modules
        [ -z "${CPYTHON_LONG:-}" ] || run_tests processes-malloc $processes
    }
    [ "$(grep -c 'completed$' "$OUTCOMES")" -gt 3000 ] || fail "only few tests ran"
}

compare_suite suite
finish
