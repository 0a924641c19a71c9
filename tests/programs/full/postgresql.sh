#!/bin/sh
# SPDX-License-Identifier: MIT
# PostgreSQL: initdb, pgbench, queries with parallel workers, dump and restore; a backend killed under
# load (the server restarts all of them and recovers), then the whole server; the books must balance.
# shellcheck source=/dev/null
. "${0%/*}/suite.sh"

for directory in /usr/lib/postgresql/*/bin; do
    [ ! -x "$directory/postgres" ] || PATH=$directory:$PATH
done
need postgres postgresql
need pgbench postgresql
need psql postgresql-client
server=
clients=4
seconds=6
long=600 # is killed
# The server refuses to run as root.
user=
if [ "$(id -u)" = 0 ]; then
    need setpriv util-linux
    id postgres >/dev/null 2>&1 || skip "there is no user postgres, and the server does not run as root"
    user="setpriv --reuid=postgres --regid=postgres --clear-groups"
    chmod 711 "$WORK"
    chown postgres "$HOME"
    $user test -r "$OVERRIDE_SO" -a -x "$MIMALLOC_RUN" ||
        skip "the user postgres cannot read $OVERRIDE_SO"
fi
unset PGDATABASE PGPORT PGUSER PGPASSWORD PGOPTIONS PGSERVICE

stop() {
    [ -z "$server" ] || kill -QUIT "$server" 2>/dev/null || :
}

served() {
    # shellcheck disable=SC2086 # words
    limited $user "$RUN" "$@"
}

sql() {
    served psql -X -q -A -t -v ON_ERROR_STOP=1 -d "${database:-postgres}" -c "$1"
}

start() {
    # shellcheck disable=SC2086 # words
    $user "$RUN" postgres -D "$PWD/data" -k "$PWD" -c listen_addresses= -c max_connections=40 \
        -c shared_buffers=32MB -c checkpoint_timeout=30s -c max_wal_size=64MB -c fsync=off \
        -c min_parallel_table_scan_size=0 -c parallel_setup_cost=0 -c parallel_tuple_cost=0 \
        -c max_parallel_workers_per_gather=3 -c autovacuum_naptime=1s \
        -c log_checkpoints=off -c restart_after_crash=on >>server.log 2>&1 &
    server=$!
    wait_ready
    # shellcheck disable=SC2046 # process numbers
    assert_mapped $server $(cat /proc/$server/task/$server/children)
}

wait_ready() {
    until pg_isready -q; do
        kill -0 "$server" 2>/dev/null || { tail -n 40 server.log && fail "the server does not start"; }
        sleep 0.1
    done
}

# balance: whatever was committed was committed whole; and how sound tables and indexes are.
balance() {
    sql "SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(bbalance) FROM
        pgbench_branches), (SELECT sum(tbalance) FROM pgbench_tellers) = (SELECT sum(delta) FROM
        pgbench_history), (SELECT count(*) FROM pgbench_accounts)" >>"$OUTCOMES"
    served pg_amcheck --heapallindexed -d postgres >>"$OUTCOMES" 2>&1 || fail "pg_amcheck finds damage"
}

# work: pgbench in the background ($working), until one of its backends ($victim) is at work, and all of
# them are there: the one that it begins with ends soon.
work() {
    served pgbench -c $clients -j 2 -T $long -n postgres >bench 2>&1 &
    working=$!
    until victim=$(sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'pgbench' AND
        state <> 'idle' AND (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench')
        >= $clients LIMIT 1") && [ -n "$victim" ]; do
        kill -0 $working 2>/dev/null || fail "pgbench ended too early"
        sleep 0.1
    done
}

suite() {
    [ -z "$user" ] || chown postgres .
    PGHOST=$PWD
    export PGHOST
    assert_serves postgres --version
    served initdb -D "$PWD/data" -A trust -U postgres --no-sync >/dev/null
    PGUSER=postgres
    export PGUSER
    start
    sql 'CREATE EXTENSION amcheck'
    served pgbench -i -q -s 3 --foreign-keys postgres
    served pgbench -c $clients -j 2 -T $seconds -n postgres >bench
    grep -q '^number of failed transactions: 0 ' bench || fail "transactions failed"
    served pgbench -S -M prepared -C -c $clients -t 20 -n postgres >bench
    grep 'failed transactions' bench >>"$OUTCOMES"
    balance
    sql "CREATE TABLE item AS SELECT i AS id, md5(i::text) AS name, repeat(chr(65 + i % 26), i % 900) AS
        note, array[i, i * 2] AS numbers, jsonb_build_object('k', i, 'l', array[i % 7]) AS doc
        FROM generate_series(1, 40000) i;
        CREATE INDEX ON item(name); CREATE INDEX ON item USING gin(doc); CREATE INDEX ON item USING brin(id);
        ANALYZE item"
    for query in \
        "SELECT count(*), sum(length(note)), min(name), max(name) FROM item" \
        "SELECT id % 10, count(*), sum(numbers[2]), md5(string_agg(name, ',' ORDER BY name)) FROM item
            GROUP BY 1 ORDER BY 1" \
        "SELECT count(*) FROM item a JOIN item b ON a.id = b.numbers[2] WHERE b.doc->'l' @> '3'" \
        "SELECT count(*) FROM item WHERE doc @> '{\"l\": [3]}' AND note ~ '^(B|D)+\$'" \
        "SELECT md5(string_agg(n::text, '')) FROM (SELECT row_number() OVER (PARTITION BY id % 100 ORDER BY
            name) n FROM item ORDER BY id) t" \
        "WITH RECURSIVE t(n, s) AS (SELECT 1, '1' UNION ALL SELECT n + 1, s || n FROM t WHERE n < 500)
            SELECT md5(string_agg(s, '')) FROM t" \
        "SELECT length(xmlelement(name a, string_agg(name, ''))::text) FROM item"; do
        sql "$query" >>"$OUTCOMES"
        sql "SET jit = on; SET jit_above_cost = 0; SET jit_optimize_above_cost = 0; $query" >>"$OUTCOMES"
    done
    sql "DO \$\$ BEGIN FOR i IN 1..3000 LOOP BEGIN PERFORM 1 / (i % 3); EXCEPTION WHEN division_by_zero
        THEN NULL; END; END LOOP; END \$\$"
    served pg_dump -t item postgres >item.sql
    served pg_dump -Fd -j 2 -f dumped -t item postgres
    sql 'CREATE DATABASE copy'
    served pg_restore -j 2 -d copy dumped
    database=copy
    sql 'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY id)) FROM item t' >>"$OUTCOMES"
    database=

    # One backend is killed under load: the others are ended, the server recovers and serves on.
    for turn in 1 2; do
        work
        assert_mapped $server "$victim"
        kill -9 "$victim"
        wait $working && fail "pgbench did not see the server crash"
        wait_ready
        until balance; do sleep 0.2; done
        echo "after the loss of a backend: turn $turn" >>"$OUTCOMES"
    done
    grep -c 'was terminated by signal 9' server.log >>"$OUTCOMES"

    # The whole server at once, and recovery at its next start.
    work
    # shellcheck disable=SC2046 # process numbers
    kill -9 $server $(cat /proc/$server/task/$server/children) || :
    wait $working && fail "pgbench did not see the server die"
    wait $server || :
    start
    balance
    grep -c 'database system was not properly shut down' server.log >>"$OUTCOMES"
    kill -INT $server
    wait $server || fail "the server ends with status $?"
    server=
    grep 'terminated by signal' server.log | grep -v 'by signal 9' && fail "a process crashed"
    grep 'PANIC\|TRAP' server.log && fail "the log tells of a fault"
    return 0
}

compare_suite suite
finish
