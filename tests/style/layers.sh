#!/bin/sh
# SPDX-License-Identifier: MIT
# The law of lib/LAYERS: whatever an object of the library uses is defined on a lower line, or on its
# own where LAYERS says so, and there are no circles.
set -eu
: "${NM:=nm}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The library that has all floors, else the plain one.
for library in secure_la debug_la override_la la; do
    find "$top_builddir/lib" -name "libmimalloc_$library-*.o" | LC_ALL=C sort >"$work/objects"
    [ ! -s "$work/objects" ] || break
done
[ -s "$work/objects" ] || { echo "FAIL: no objects of the library" && exit 1; }

# "unit D name" and "unit U name".
while read -r object; do
    # A static and a shared build leave two objects of a file; one will do.
    unit=$(printf '%s\n' "$object" |
        sed -e "s|^$top_builddir/lib/||" -e 's|\.libs/||' -e "s|libmimalloc_$library-||" -e 's|\.o$||')
    $NM -g --defined-only "$object" | sed -n "s|^[0-9a-f]* [A-Z] |$unit D |p"
    $NM -u "$object" | sed -n "s|^ *[UwVv] |$unit U |p"
done <"$work/objects" | LC_ALL=C sort -u >"$work/symbols"

sed -e 's/#.*//' -e '/^ *$/d' "$top_srcdir/lib/LAYERS" >"$work/layers"

awk -v edges="$work/edges" '
function fail(text) { print "FAIL: " text; failed = 1 }
# The line of a file: an exact entry wins over the whole room.
function rank_of(unit,    room) {
    room = unit
    sub(/\/.*/, "/*", room)
    return unit in rank ? rank[unit] : room in rank ? rank[room] : 0
}
FILENAME ~ /layers$/ && $1 == "may" {
    from = $2
    sub(/:$/, "", from)
    for (i = 3; i <= NF; i++) may[from, $i] = 1
    next
}
FILENAME ~ /layers$/ {
    lines++
    for (i = 2; i <= NF; i++) {
        count = split($i, part, "+")
        for (j = 1; j <= count; j++) {
            rank[part[j]] = lines
            whole[part[j]] = count > 1 ? $i : part[j]
        }
    }
    next
}
# libgcc shares such symbols over all objects.
$3 ~ /^(DW\.ref\.|__x86\.)/ { next }
$2 == "D" { home[$3] = $1; units[$1] = 1 }
$2 == "U" { used[++uses] = $1 SUBSEP $3 }
END {
    for (unit in units)
        if (!rank_of(unit)) fail("lib/" unit ": not in lib/LAYERS")
    for (i = 1; i <= uses; i++) {
        split(used[i], pair, SUBSEP)
        from = pair[1]
        name = pair[2]
        if (!(name in home) || home[name] == from) continue
        to = home[name]
        if (from in whole && to in whole && whole[from] == whole[to]) continue
        checked++
        if (rank_of(to) > rank_of(from))
            fail("lib/" from " calls upward: " name " of lib/" to)
        else if (rank_of(to) == rank_of(from)) {
            if ((from, to) in may) print to, from > edges
            else fail("lib/" from " calls sideways: " name " of lib/" to)
        }
    }
    if (checked < 20) fail("only " checked + 0 " calls between units were seen")
    print checked + 0 " calls between units"
    exit failed
}' "$work/layers" "$work/symbols" || failed=1

touch "$work/edges"
if ! tsort "$work/edges" >/dev/null 2>"$work/circle"; then
    echo "FAIL: a circle in what lib/LAYERS allows:"
    cat "$work/circle"
    failed=1
fi
exit "${failed:-0}"
