#!/bin/sh
# SPDX-License-Identifier: MIT
# redis-server: while redis-benchmark runs, forked children save the data and rewrite the append-only
# file again and again; the data are the same after an orderly restart and after one from kill -9.
# shellcheck source=/dev/null
. "${0%/*}/suite.sh"

need redis-server redis-server
need redis-cli redis-tools
need redis-benchmark redis-tools
unset REDISCLI_AUTH
server=

stop() {
    [ -z "$server" ] || kill -9 "$server" 2>/dev/null || :
}

client() {
    limited redis-cli -s socket "$@"
}

start() {
    "$RUN" redis-server --port 0 --unixsocket "$PWD/socket" --dir "$PWD" --save '' --appendonly yes \
        --appendfsync always --enable-debug-command yes --io-threads 3 --activedefrag no \
        --auto-aof-rewrite-percentage 0 --maxmemory 0 --lazyfree-lazy-user-del yes \
        >>server.log 2>&1 &
    server=$!
    until [ "$(client PING 2>/dev/null)" = PONG ]; do
        kill -0 $server 2>/dev/null || { tail -n 40 server.log && fail "the server does not start"; }
        sleep 0.1
    done
    assert_mapped $server
}

# wait_child: no child is saving or rewriting any more, and the last ones did well.
wait_child() {
    until client INFO persistence | tr -d '\r' >info &&
        grep -q '^rdb_bgsave_in_progress:0' info && grep -q '^aof_rewrite_in_progress:0' info &&
        grep -q '^aof_rewrite_scheduled:0' info; do
        sleep 0.1
    done
    grep '^rdb_last_bgsave_status\|^aof_last_bgrewrite_status\|^aof_last_write_status' info | sort -u
}

load='local function text(n) return string.rep("abcdefghij", n) end
for i = 1, 6000 do
    redis.call("SET", "t:s" .. i, text(i % 90))
    redis.call("HSET", "t:h" .. i % 200, "f" .. i, text(i % 13))
    redis.call("RPUSH", "t:l" .. i % 100, text(i % 31))
    redis.call("ZADD", "t:z" .. i % 100, i % 977, "m" .. i)
    redis.call("XADD", "t:x" .. i % 50, i .. "-1", "k", text(i % 7))
    if i % 3 == 0 then redis.call("DEL", "t:s" .. i) end
end return redis.call("DBSIZE")'

# Each line is an outcome of its own.
# shellcheck disable=SC2129
suite() {
    start
    client EVAL "$load" 0 >>"$OUTCOMES"
    client DEBUG DIGEST >digest
    cat digest >>"$OUTCOMES"
    : >results
    (
        while [ ! -e over ]; do
            client BGSAVE >/dev/null
            wait_child >>results
            client BGREWRITEAOF >/dev/null
            wait_child >>results
        done
    ) &
    saving=$!
    limited redis-benchmark -s socket -n 15000 -r 3000 -c 30 -P 16 -d 400 -q --threads 2 -t \
        set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100,mset >benchmark 2>&1 ||
        fail "redis-benchmark ends with status $?"
    ! grep -i err benchmark || fail "redis-benchmark tells of errors"
    : >over
    wait $saving || fail "the client that saves ended with status $?"
    sort -u results >>"$OUTCOMES"
    echo "at least 2 saves: $(($(wc -l <results) > 3))" >>"$OUTCOMES"
    client EVAL 'for _, key in ipairs(redis.call("KEYS", "*")) do
            if key:sub(1, 2) ~= "t:" then redis.call("UNLINK", key) end
        end return redis.call("DBSIZE")' 0 >>"$OUTCOMES"
    client DEBUG DIGEST >>"$OUTCOMES"
    client SAVE >>"$OUTCOMES"
    redis-check-rdb dump.rdb | grep -c 'looks OK' >>"$OUTCOMES"

    client SHUTDOWN
    wait $server || fail "the server ends with status $?"
    start
    client DEBUG DIGEST >>"$OUTCOMES"
    client SET t:last value >>"$OUTCOMES"
    client DEBUG DIGEST >>"$OUTCOMES"
    kill -9 $server
    wait $server || :
    start
    client DEBUG DIGEST >>"$OUTCOMES"
    client DEBUG RELOAD >>"$OUTCOMES"
    client DEBUG DIGEST >>"$OUTCOMES"
    client FLUSHALL >>"$OUTCOMES"
    client SHUTDOWN NOSAVE
    wait $server || fail "the server ends with status $?"
    server=
    ! grep -i 'crash\|bug report\|terminated with error\|by signal' server.log ||
        fail "the server's log tells of a crash"
}

compare_suite suite
finish
