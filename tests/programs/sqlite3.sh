#!/bin/sh
# SPDX-License-Identifier: MIT
# sqlite3: a bulk load, indexes, queries, an integrity check; the database file is compared too.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need sqlite3 sqlite3
# load ROWS: the statements, with a number generator of their own.
load() {
    cat <<END
PRAGMA journal_mode=MEMORY;
PRAGMA synchronous=OFF;
PRAGMA cache_size=-20000;
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, place INTEGER, price REAL, note BLOB);
BEGIN;
WITH RECURSIVE step(i, r) AS (
  SELECT 1, 12345
  UNION ALL SELECT i + 1, (r * 1103515245 + 12345) % 2147483648 FROM step WHERE i < $1)
INSERT INTO item SELECT i, 'name' || (r / 7 % 5000), r / 11 % 100, r / 13 % 100000 / 100.0,
  CAST(printf('%.*c', r / 17 % 200, 'x') AS BLOB) FROM step;
COMMIT;
CREATE INDEX by_name ON item(name, price);
CREATE INDEX by_place ON item(place);
SELECT count(*), sum(length(note)), round(sum(price), 2) FROM item;
SELECT place, count(*), round(avg(price), 4) FROM item GROUP BY place ORDER BY 2 DESC, 1 LIMIT 10;
SELECT name, group_concat(id) FROM (SELECT * FROM item ORDER BY id) GROUP BY name
  ORDER BY name LIMIT 5;
SELECT count(*) FROM item a JOIN item b ON a.name = b.name AND a.price < b.price;
DELETE FROM item WHERE id % 3 = 0;
UPDATE item SET note = note || note WHERE place < 20;
VACUUM;
SELECT count(*), sum(length(note)), max(name) FROM item;
SELECT json_group_array(json_object('id', id, 'name', name)) FROM
  (SELECT * FROM item ORDER BY price, id LIMIT 50);
PRAGMA integrity_check;
END
}
load 60000 >"$WORK/long.sql"
load 3000 >"$WORK/short.sql"
read_from "$WORK/long.sql"
compare_runs sqlite3 -batch database
assert_served
grep -qx ok "$WORK/served.out" || fail "no word from the integrity check"
[ -s "$WORK/served/database" ] || fail "no database was written"
read_from "$WORK/short.sql"
compare_quiet sqlite3 -batch database
compare_variants sqlite3 -batch database
read_from /dev/null
assert_bound sqlite3 -batch :memory: 'SELECT 1'
finish
