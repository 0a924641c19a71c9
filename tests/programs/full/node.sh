#!/bin/sh
# SPDX-License-Identifier: MIT
# node: worker threads that start, stop and are ended in the middle, buffers handed from one to the other,
# the thread pool (compression, hashing), child processes.
# shellcheck source=/dev/null
. "${0%/*}/suite.sh"

need node nodejs
unset NODE_OPTIONS

suite() {
    assert_serves node --version
    for _ in 1 2; do
        limited "$RUN" node "$HERE/inputs/workers.js" >>"$OUTCOMES"
    done
    UV_THREADPOOL_SIZE=16 limited "$RUN" node --max-semi-space-size=1 --stress-compaction \
        "$HERE/inputs/workers.js" >>"$OUTCOMES"
    limited "$RUN" node --test "$HERE/inputs/pool.test.js" 2>&1 |
        sed -e '/duration_ms/d' -e 's/ ([0-9.]*ms)//' >>"$OUTCOMES"
}

compare_suite suite
finish
