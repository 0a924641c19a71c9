#!/bin/sh
# SPDX-License-Identifier: MIT
# sqlite3: its own speedtest1, out of Debian's source package, with the library that is installed; a mix
# of statements; then several processes that write and read one database while others check it and one is
# killed in the middle.  SQLITE_SOURCE names a directory with sqlite's sources; else apt fetches them.
# shellcheck source=/dev/null
. "${0%/*}/suite.sh"
# shellcheck source=/dev/null
. "$HERE/../../package/apt-source.sh"

need sqlite3 sqlite3

make_speedtest() {
    if [ -z "${SQLITE_SOURCE:-}" ]; then
        apt_sources "$WORK/apt"
        apt_source sqlite3 "$WORK/sqlite-source"
        SQLITE_SOURCE=$WORK/sqlite-source
    fi
    $given_cc -O1 -w -o "$WORK/speedtest1" "$SQLITE_SOURCE/test/speedtest1.c" -lsqlite3
}
make_speedtest >"$WORK/fetch.log" 2>&1 || {
    tail -n 5 "$WORK/fetch.log"
    row skip speedtest1 "apt gives no sources of sqlite3 (Types: deb-src), or libsqlite3-dev is missing"
}

# speed N: tables with and without indexes, joins, updates, deletes, text, vacuum.
speed() {
    cat <<END
PRAGMA cache_size=-8000;
PRAGMA temp_store=MEMORY;
BEGIN;
CREATE TABLE plain(a INTEGER, b INTEGER, c TEXT);
CREATE TABLE keyed(a INTEGER PRIMARY KEY, b INTEGER UNIQUE, c TEXT);
WITH RECURSIVE step(i, r) AS (SELECT 1, 4711
  UNION ALL SELECT i + 1, (r * 1103515245 + 12345) % 2147483648 FROM step WHERE i < $1)
INSERT INTO plain SELECT i, r / 8, printf('%x and %.*c', r, r / 32 % 150, 'y') FROM step;
INSERT OR IGNORE INTO keyed SELECT a, b, c FROM plain ORDER BY c;
COMMIT;
SELECT count(*), avg(b), sum(length(c)) FROM plain WHERE c LIKE '%a%y';
CREATE INDEX plain_b ON plain(b);
CREATE INDEX plain_c ON plain(c, a);
SELECT count(*) FROM plain p JOIN keyed k ON p.b = k.b WHERE k.a % 3 = 1;
SELECT a, c FROM plain ORDER BY c LIMIT 20;
UPDATE plain SET b = b + a, c = c || ' again' WHERE a % 4 = 0;
DELETE FROM keyed WHERE a % 5 = 0;
REPLACE INTO keyed SELECT a, b, upper(c) FROM plain WHERE a % 7 = 0;
SELECT b % 10, count(*), group_concat(substr(c, 1, 3)) FROM (SELECT * FROM keyed ORDER BY a LIMIT 900)
  GROUP BY 1 ORDER BY 1;
SELECT sum(s), max(n) FROM (SELECT sum(b) OVER (ORDER BY a ROWS 50 PRECEDING) s,
  row_number() OVER (PARTITION BY b % 100 ORDER BY c) n FROM keyed);
WITH RECURSIVE tree(n, way) AS (SELECT 1, '1' UNION ALL
  SELECT n * 2 + v, way || '/' || (n * 2 + v) FROM tree, (SELECT 0 v UNION SELECT 1) WHERE n < 2000)
  SELECT count(*), sum(length(way)) FROM tree;
CREATE VIRTUAL TABLE words USING fts5(c);
INSERT INTO words SELECT c FROM plain WHERE a % 3 = 0;
SELECT count(*) FROM words WHERE words MATCH 'again';
INSERT INTO words(words) VALUES('integrity-check');
SELECT count(DISTINCT j.value) FROM (SELECT json_group_array(c) a FROM plain), json_each(a) j;
VACUUM;
PRAGMA integrity_check;
END
}

on_database() {
    limited "$RUN" sqlite3 -batch -cmd '.timeout 600000' many "$1"
}

# writer NUMBER: short transactions, each of which moves an amount between two rows.
writer() {
    awk -v w="$1" -v n=150 'BEGIN {
        r = w * 1000 + 17
        print ".timeout 600000"
        for (i = 0; i < n; i++) {
            r = (r * 16807) % 2147483647; from = r % 500
            r = (r * 16807) % 2147483647; to = r % 500
            print "BEGIN IMMEDIATE;"
            print "UPDATE account SET amount = amount - 5 WHERE id = " from ";"
            print "INSERT INTO entry(writer, step, note) VALUES(" w ", " i ", hex(zeroblob(" r % 3000 ")));"
            print "UPDATE account SET amount = amount + 5 WHERE id = " to ";"
            if (i % 10 == 9) print "DELETE FROM entry WHERE writer = " w " AND step = " i - 5 ";"
            print "COMMIT;"
        }
    }'
}

# Each line is an outcome of its own.
# shellcheck disable=SC2129
suite() {
    assert_serves sqlite3 :memory: 'SELECT 1'
    if [ -x "$WORK/speedtest1" ]; then
        for set in main cte fp orm; do
            limited "$RUN" "$WORK/speedtest1" --verify --size 20 --testset $set $set.db >words
            grep '^Verification' words >>"$OUTCOMES"
            limited "$RUN" sqlite3 $set.db 'PRAGMA integrity_check' >>"$OUTCOMES"
        done
    fi
    speed 30000 | limited "$RUN" sqlite3 -batch speed >>"$OUTCOMES"
    limited "$RUN" sqlite3 speed .dump | cksum >>"$OUTCOMES"
    limited "$RUN" sqlite3 speed '.backup copy' 'PRAGMA integrity_check' >>"$OUTCOMES"
    cksum <copy >>"$OUTCOMES"

    on_database "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;
        CREATE TABLE account(id INTEGER PRIMARY KEY, amount INTEGER);
        CREATE TABLE entry(id INTEGER PRIMARY KEY, writer INTEGER, step INTEGER, note TEXT);
        CREATE INDEX entry_of ON entry(writer, step);
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 499)
        INSERT INTO account SELECT i, 1000 FROM n;"
    workers=
    for number in 1 2 3 4; do
        writer $number >"writer$number.sql"
        limited "$RUN" sqlite3 -batch -bail many <"writer$number.sql" &
        workers="$workers $!"
    done
    # One that is killed in its transaction: nothing of it is to be seen.
    { echo '.timeout 600000' && writer 9 | sed '/^COMMIT/d; 2,/^BEGIN/!{/^BEGIN/d}' && cat /dev/zero; } |
        "$RUN" sqlite3 -batch many >/dev/null 2>&1 &
    victim=$!
    for _ in 1 2 3 4 5 6; do
        on_database 'PRAGMA integrity_check; SELECT sum(amount) FROM account;' >>"$OUTCOMES"
    done
    kill -9 $victim 2>/dev/null || :
    for worker in $workers; do
        wait "$worker" || fail "a writer ends with status $?"
    done
    on_database 'PRAGMA wal_checkpoint(TRUNCATE); PRAGMA integrity_check;
        SELECT sum(amount), count(*) FROM account;
        SELECT writer, count(*), sum(step), sum(length(note)) FROM entry GROUP BY 1 ORDER BY 1;
        SELECT sum(id * amount), max(amount) FROM account;' >>"$OUTCOMES"
}

compare_suite suite
finish
