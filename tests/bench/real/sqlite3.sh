#!/bin/sh
# SPDX-License-Identifier: MIT
# sqlite3 ROWS: a database in memory: a bulk load, indexes, joins, changes, vacuum.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

do_prepare() {
    need sqlite3 sqlite3
    cat >"$DIR/statements.sql" <<EOT
PRAGMA temp_store=MEMORY;
PRAGMA cache_size=-200000;
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, place INTEGER, price REAL, note TEXT);
CREATE TABLE place(id INTEGER PRIMARY KEY, title TEXT);
BEGIN;
WITH RECURSIVE step(i, r) AS (
  SELECT 1, 12345
  UNION ALL SELECT i + 1, (r * 1103515245 + 12345) % 2147483648 FROM step WHERE i < $1)
INSERT INTO item SELECT i, 'name' || (r / 7 % ($1 / 4)), r / 11 % 1000, r / 13 % 100000 / 100.0,
  printf('%.*c', r / 17 % 120, 'x') FROM step;
WITH RECURSIVE step(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM step WHERE i < 999)
INSERT INTO place SELECT i, 'title ' || (i * 7919 % 1000) FROM step;
COMMIT;
CREATE INDEX item_name ON item(name, price);
CREATE INDEX item_place ON item(place);
SELECT count(*), sum(length(note)) FROM item;
SELECT count(*), round(sum(a.price - b.price), 2) FROM item a JOIN item b
  ON a.name = b.name AND a.price < b.price;
SELECT title, count(*), round(avg(price), 4) FROM item JOIN place ON item.place = place.id
  GROUP BY title ORDER BY 2 DESC, 1 LIMIT 5;
SELECT name, group_concat(id) FROM (SELECT * FROM item ORDER BY id) GROUP BY name
  ORDER BY length(group_concat(id)) DESC, name LIMIT 3;
DELETE FROM item WHERE id % 3 = 0;
UPDATE item SET note = note || name WHERE place < 400;
VACUUM;
SELECT count(*), sum(length(note)), max(name) FROM item;
PRAGMA integrity_check;
EOT
}

do_command() {
    arguments sqlite3 -batch -init /dev/null :memory: ".read $DIR/statements.sql"
}

do_check() {
    grep -qx ok "$DIR/output" || fail "no word from the integrity check"
    same_output
}

verb "$@"
