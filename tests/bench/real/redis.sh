#!/bin/sh
# SPDX-License-Identifier: MIT
# redis REQUESTS KEYS: redis-server with the library, redis-benchmark without it on the same machine,
# pipelined over a local socket.  Seconds are those of the client, memory and faults the server's.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

do_prepare() {
    need redis-server redis-server
    need redis-benchmark redis-tools
    need redis-cli redis-tools
    command -v redis-server >"$DIR/server"
    command -v redis-benchmark >"$DIR/client"
}

do_programs() {
    cat "$DIR/server"
}

do_command() {
    :
}

do_run() {
    library=$1
    requests=$2
    keys=$3
    set --
    [ "$library" = - ] || set -- -l "$library"
    # The path of a socket has 107 bytes at most.
    short=$(mktemp -d "${TMPDIR:-/tmp}/redis.XXXXXX")
    server=
    trap 'if [ -n "$server" ]; then kill "$server" || :; fi; rm -rf "$short"' EXIT
    mkfifo "$short/log"
    "$BENCH_MEASURE" "$@" -d "$short" -o "$short/log" "$(cat "$DIR/server")" --port 0 \
        --unixsocket "$short/socket" --save '' --appendonly no --daemonize no --activedefrag no \
        --dir "$short" >"$short/measured" &
    measure=$!
    exec 3<"$short/log"
    ready=
    while read -r line <&3; do
        case $line in
        *' PID: '* | *', pid='*) server=$(echo "$line" | sed 's/.*\(PID: \|, pid=\)\([0-9]*\).*/\2/') ;;
        esac
        case $line in
        *eady\ to\ accept\ connections*)
            ready=yes
            break
            ;;
        esac
    done
    cat <&3 >"$DIR/log" &
    exec 3<&-
    [ -n "$ready" ] || fail "the server does not start"
    seed=
    redis-benchmark --help 2>&1 | grep -q -- '--seed' && seed='--seed 42'
    # Words on purpose:
    # shellcheck disable=SC2086
    "$BENCH_MEASURE" -o "$DIR/output" "$(cat "$DIR/client")" -s "$short/socket" -n "$requests" \
        -r "$keys" -c 20 -P 16 -d 150 $seed --csv \
        -t set,get,incr,lpush,lpop,sadd,hset,spop,zadd,lrange_100 >"$short/client"
    redis-cli -s "$short/socket" SHUTDOWN NOSAVE >/dev/null
    wait "$measure" || fail "the server could not be measured"
    server=
    [ "$(tail -c 9 "$short/client")" = "status 0" ] || fail "redis-benchmark fails"
    [ "$(tail -c 9 "$short/measured")" = "status 0" ] || fail "the server fails"
    sed 's/^wall \([0-9.]*\) .*/seconds \1/' "$short/client"
    sed 's/^wall [0-9.]* //' "$short/measured"
}

do_check() {
    [ "$(grep -c '^"[A-Z]*' "$DIR/output")" -ge 10 ] || fail "redis-benchmark left out a test"
    if grep -i error "$DIR/output"; then
        fail "redis-benchmark tells of errors"
    fi
}

verb "$@"
