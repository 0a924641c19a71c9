#!/bin/sh
# SPDX-License-Identifier: MIT
# node: buffers, compression, hashing, JSON and worker threads.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need node nodejs
unset NODE_OPTIONS
compare_runs node "$HERE/inputs/buffers.js" 20000
assert_served
assert_bound node -e 'console.log(Buffer.alloc(100000).length)'
compare_quiet node "$HERE/inputs/buffers.js" 500
compare_variants node "$HERE/inputs/buffers.js" 1000
finish
