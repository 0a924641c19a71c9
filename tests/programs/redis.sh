#!/bin/sh
# SPDX-License-Identifier: MIT
# redis-server: load data over a local socket, benchmark it, save it in a forked child, reload it;
# every answer and the digest of the data equal those of a server without the allocator.  Debian
# links redis with jemalloc: preloaded, our malloc comes first, which assert_bound asserts.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need redis-server redis-server
need redis-cli redis-tools
need redis-benchmark redis-tools
unset REDISCLI_AUTH
SOCKET=$WORK/socket
server=

stop() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || :
        wait "$server" 2>/dev/null || :
        server=
    fi
}

client() {
    timeout -k 5 "$LIMIT" redis-cli -s "$SOCKET" "$@"
}

# start LABEL [COMMAND...]: a server on a socket in our directory, started by COMMAND; returns
# when its log says that it is ready.
start() {
    label=$1
    shift
    rm -rf "$WORK/log" "$SOCKET" "${WORK:?}/$label"
    mkfifo "$WORK/log"
    mkdir "$WORK/$label"
    (cd "$WORK/$label" && exec timeout -k 5 "$LIMIT" "$@" redis-server --port 0 \
        --unixsocket "$SOCKET" --unixsocketperm 700 --save '' --appendonly no --daemonize no \
        --enable-debug-command yes --repl-diskless-sync-delay 0 --activedefrag no) \
        </dev/null >"$WORK/log" 2>"$WORK/$label.err" &
    server=$!
    exec 3<"$WORK/log"
    ready=
    while read -r line <&3; do
        case $line in
        *'Ready to accept connections'* | *'ready to accept connections'*)
            ready=yes
            break
            ;;
        esac
    done
    cat <&3 >"$WORK/$label.log" &
    exec 3<&-
    [ -n "$ready" ] || {
        show "$WORK/$label.err"
        fail "the server does not start ($label)"
    }
}

# fill KEYS: commands that make strings, hashes, lists, sets, sorted sets and streams of keys.
fill() {
    awk -v n="$1" 'function random(limit) { r = (r * 16807) % 2147483647; return r % limit }
    function text(size, t) { t = "abcdefghijklmnopqrstuvwxyz"
        while (length(t) < size) t = t t
        return substr(t, 1, size)
    }
    BEGIN {
        r = 4711
        for (i = 0; i < n; i++) {
            print "SET t:s" random(n) " " text(1 + random(300))
            print "APPEND t:s" random(n) " " text(1 + random(900))
            print "HSET t:h" random(n / 50) " f" random(200) " " text(1 + random(60))
            print "RPUSH t:l" random(n / 50) " " text(1 + random(100))
            print "SADD t:set" random(n / 50) " m" random(5000)
            print "ZADD t:z" random(n / 50) " " random(1000) " m" random(3000)
            if (i % 3 == 0) print "DEL t:s" random(n)
            if (i % 7 == 0) print "LPOP t:l" random(n / 50)
            if (i % 50 == 0) print "SETRANGE t:big" random(20) " " random(200000) " end"
        }
    }'
}

# session LABEL KEYS REQUESTS: what a client sees goes to LABEL.out.
session() {
    {
        fill "$2" | client --pipe | grep '^errors:'
        client DBSIZE
        client DEBUG DIGEST
        client --raw SORT t:set1 ALPHA LIMIT 0 5
        client --raw ZRANGEBYSCORE t:z1 10 500 WITHSCORES
        client --raw LRANGE t:l1 0 3
        client STRLEN t:big3
        client --raw EVAL 'local s = 0
            for i = 0, 200 do s = s + redis.call("STRLEN", "t:s" .. i) end
            return {s, cjson.encode({a = {1, 2, 3}}), #cmsgpack.pack({1, 2, {3}})}' 0
    } >"$WORK/$1.out" 2>&1
    digest=$(client DEBUG DIGEST)
    # The forked child writes the data set while the benchmark changes other keys.
    client --rdb "$WORK/$1/copy.rdb" >/dev/null 2>&1 &
    copying=$!
    timeout -k 5 "$LIMIT" redis-benchmark -s "$SOCKET" -n "$3" -r 2000 -c 20 -P 8 -d 200 -q \
        -t set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100,mset \
        >"$WORK/$1.benchmark" 2>&1 || fail "redis-benchmark exits $? ($1)"
    wait "$copying" || fail "no copy from the child ($1)"
    if grep -i 'err' "$WORK/$1.benchmark"; then
        fail "redis-benchmark tells of errors ($1)"
    fi
    redis-check-rdb "$WORK/$1/copy.rdb" >"$WORK/check" 2>&1 || fail "the copy is damaged ($1)"
    client --raw EVAL 'local names = {}
        for _, key in ipairs(redis.call("KEYS", "*")) do
            if key:sub(1, 2) ~= "t:" then redis.call("DEL", key) end
        end
        return redis.call("DBSIZE")' 0 >>"$WORK/$1.out"
    [ "$(client DEBUG DIGEST)" = "$digest" ] || fail "the benchmark changed other data ($1)"
    client DEBUG RELOAD >>"$WORK/$1.out"
    [ "$(client DEBUG DIGEST)" = "$digest" ] || fail "the data differ after a reload ($1)"
    client FLUSHALL >>"$WORK/$1.out"
    client DBSIZE >>"$WORK/$1.out"
    client SHUTDOWN NOSAVE
    status=0
    wait "$server" || status=$?
    server=
    [ "$status" -eq 0 ] || {
        show "$WORK/$1.err"
        show "$WORK/$1.log"
        fail "the server exits $status ($1)"
    }
}

# compare LABEL: the answers equal those of the server without the allocator.
compare() {
    split_said "$1"
    cmp -s "$WORK/plain.out" "$WORK/$1.out" || {
        diff "$WORK/plain.out" "$WORK/$1.out" >"$WORK/difference" || :
        show "$WORK/difference"
        fail "answers differ ($1)"
    }
    show "$WORK/$1.err"
    [ ! -s "$WORK/$1.err" ] || fail "the server writes to its error stream ($1)"
}

assert_bound redis-server --version
start plain env
session plain 4000 8000
grep -q '^errors: 0,' "$WORK/plain.out" || fail "the data could not be loaded"
start served env MIMALLOC_VERBOSE=1 "$MIMALLOC_RUN"
session served 4000 8000
compare served
assert_served
if [ -n "${DEBUG_SO:-}${SECURE_SO:-}" ]; then
    start plain env
    session plain 500 1000
fi
for variant in debug secure; do
    case $variant in
    debug) library=${DEBUG_SO:-} ;;
    *) library=${SECURE_SO:-} ;;
    esac
    [ -n "$library" ] || continue
    start "$variant" env MIMALLOC_VERBOSE=1 "$MIMALLOC_RUN" "--$variant"
    session "$variant" 500 1000
    compare "$variant"
    assert_served 1 "$variant"
done
finish
