#!/bin/sh
# SPDX-License-Identifier: MIT
# README.md lists the rules: each number stands in a table of the sources, each number of a table
# stands in README.md, and the files that it names exist.  Prints which rule is checked by what.
set -eu
here=$top_srcdir/tests/conformance
failed=0
fail() {
    echo "FAIL: $*"
    failed=1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines "NUMBER FILE TITLE" from {"NUMBER NUMBER", "TITLE", ...
for file in "$here"/*.c "$here"/*.cc; do
    tr '\n' ' ' <"$file" | grep -o '{"[AB0-9 ]*", *"[^"]*"' |
        sed -e 's/^{"\([^"]*\)", *"\([^"]*\)"$/\1|\2/' |
        while IFS='|' read -r numbers title; do
            for number in $numbers; do
                echo "$number ${file##*/} $title"
            done
        done
done >"$work/rules"
sed -n 's/^| \([AB][0-9]*\) |.*/\1/p' "$here/README.md" | sort >"$work/listed"
sed -n 's/^\([AB][0-9]*\) .*/\1/p' "$work/rules" | sort -u >"$work/checked"

# wanted LETTER LAST
wanted() {
    awk -v letter="$1" -v last="$2" 'BEGIN { for (i = 1; i <= last; i++) print letter i }'
}
{
    wanted A 23
    wanted B 10
} | sort >"$work/wanted"
cmp -s "$work/wanted" "$work/listed" || fail "README.md does not list A1 to A23 and B1 to B10 once"
for number in $(comm -23 "$work/listed" "$work/checked"); do
    fail "$number is checked by no rule"
done
for number in $(comm -13 "$work/listed" "$work/checked"); do
    fail "$number stands in a table and not in README.md"
done

# A rule's file is named in its line, and the line names no other.  What stands between backquotes:
# shellcheck disable=SC2016
sed -n 's/^| \([AB][0-9]*\) |.*| \(.*\) |$/\1 \2/p' "$here/README.md" >"$work/lines"
while read -r number files; do
    grep "^$number " "$work/rules" | cut -d ' ' -f 2 | sort -u >"$work/actual"
    # shellcheck disable=SC2016
    echo "$files" | grep -o '`[a-z]*\.cc*`' | tr -d '`' | sort -u >"$work/named"
    cmp -s "$work/actual" "$work/named" || {
        fail "$number: README.md names $(tr '\n' ' ' <"$work/named"), in tables it stands in" \
            "$(tr '\n' ' ' <"$work/actual")"
    }
done <"$work/lines"
# shellcheck disable=SC2016
grep -o '`tests/[^`]*`' "$here/README.md" | tr -d '`' | while read -r file; do
    [ -e "$top_srcdir/$file" ] || echo "$file"
done >"$work/missing"
while read -r file; do
    fail "README.md names $file, which is not there"
done <"$work/missing"

sort "$work/rules"
exit $failed
