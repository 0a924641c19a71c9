#!/bin/sh
# SPDX-License-Identifier: MIT
# rocksdb KEYS: db_bench writes, overwrites, reads and scans a database in memory.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

do_prepare() {
    need db_bench rocksdb-tools
}

do_command() {
    arguments db_bench --benchmarks=fillrandom,overwrite,readrandom,seekrandom,deleterandom \
        --env_uri=mem:// --db="/bench" --num="$1" --seed=42 --threads=1 \
        --value_size=200 --compression_type=none --write_buffer_size=4194304 \
        --max_background_jobs=1 --disable_wal=true --histogram=false --progress_reports=false
}

do_check() {
    [ "$(grep -c 'micros/op' "$DIR/output")" -eq 5 ] || fail "not five results"
}

verb "$@"
