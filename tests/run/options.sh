#!/bin/sh
# SPDX-License-Identifier: MIT
# The launcher's own options, and what it passes on to the allocator.
. "${top_srcdir:-.}/tests/run/common.sh"
prefix_with_dummy "$tmp/prefix"
library=$tmp/prefix/lib/$override

expect 0 '' "$run" --help
grep -q '^Usage: mimalloc-run \[options\] command \[args\]$' "$tmp/out" || fail 'no usage'
for option in --debug --secure --stats --verbose --option --print --help --version; do
    grep -q "^  $option" "$tmp/out" || fail "$option is missing in --help"
done
[ ! -s "$tmp/err" ] || fail '--help writes messages'
expect 0 '' "$run" --version
expect_output "mimalloc-run (libmimalloc) $VERSION"
if [ -w /dev/full ]; then
    "$run" --help >/dev/full 2>"$tmp/err"
    [ $? -eq 125 ] || fail 'a full device goes unnoticed'
fi

expect_refusal 125 'no command' "$run"
expect_refusal 125 'no command' "$run" --stats
expect_refusal 125 'no command' "$run" --
expect_refusal 125 'unknown option --nonsense' "$run" --nonsense true
expect_refusal 125 'unknown option --verb' "$run" --verb true
expect_refusal 125 'unknown option -v' "$run" -v true
expect_refusal 125 'exclude each other' "$run" --debug --secure true
expect_refusal 125 'needs NAME=VALUE' "$run" --option

# passes NAME VALUE OPTIONS...: the command sees this variable.
passes() {
    name=$1
    value=$2
    shift 2
    expect 0 served "$run" "$@" sh -c "echo \"\${$name-unset}\""
    expect_output "$value"
}
passes MIMALLOC_SHOW_STATS unset --verbose
passes MIMALLOC_SHOW_STATS 1 --stats
passes MIMALLOC_VERBOSE 1 --verbose
passes MIMALLOC_VERBOSE 2 --verbose --option verbose=2
passes MIMALLOC_PURGE_DELAY 0 --option purge_delay=0
passes MIMALLOC_PURGE_DELAY 86400000 --option=PURGE_DELAY=86400000
passes MIMALLOC_ARENA_RESERVE 1GiB --option arena_reserve=1GiB
passes MIMALLOC_ARENA_RESERVE 64 --option arena_reserve=64
passes MIMALLOC_PAGE_RESET off --option page_reset=off
passes MIMALLOC_MAX_ERRORS 3 --option max_errors=9 --option max_errors=3

while read -r wrong pattern; do
    expect_refusal 125 "$pattern" "$run" --option "$wrong" true
done <<EOF
nonsense=1 has no option 'nonsense'; it has: page_reset
=1 has no option ''
verbos=1 has no option 'verbos'
verbose has no value
verbose= is a number from 0 to 2
verbose=3 is a number from 0 to 2
verbose=-1 is a number from 0 to 2
verbose=1x is a number from 0 to 2
verbose=99999999999999999999 is a number from 0 to 2
page_reset=2 is 0 or 1
page_reset=maybe is 0 or 1
purge_delay=86400001 from 0 to 86400000
purge_delay=1K from 0 to 86400000
arena_reserve=63 is a number from 64
arena_reserve=1T is a number from 64
arena_reserve=1Mx is a number from 64
EOF

# The launcher's table of options is the allocator's.
source=${top_srcdir:-.}/lib/base/options.c
launcher=${top_srcdir:-.}/lib/run/options.c
table() {
    sed -n -e 's/^ *\[\(MIP_OPTION_[A-Z_]*\)\] = SWITCH([^"]*\("[a-z_]*"\)),$/\1 \2 BOOL 0 1/p' \
        -e 's/^ *\[\(MIP_OPTION_[A-Z_]*\)\] = OPTION([^,]*, \(.*\), \(.*\), \([A-Z]*\), \("[a-z_]*"\)),$/\1 \5 \4 \2 \3/p' \
        -e 's/^ *\[\(MIP_OPTION_[A-Z_]*\)\] = {\("[a-z_]*"\), \([A-Z]*\), \(.*\), \(.*\)},$/\1 \2 \3 \4 \5/p' "$1"
    grep -e '^enum { DAY_MS' -e '^#define KIB_MAX' "$1"
}
table "$source" >"$tmp/base"
table "$launcher" >"$tmp/launcher"
for file in "$tmp/base" "$tmp/launcher"; do
    [ "$(grep -c '^MIP_OPTION' "$file")" -ge 12 ] || fail 'the tables of options cannot be read'
done
cmp "$tmp/base" "$tmp/launcher" || fail 'the tables of options differ'


# Each judges a value as the other does.  The library says so when it is loaded and listens.
serves=
if LD_PRELOAD="${OVERRIDE_SO-}" MIMALLOC_VERBOSE=1 true 2>&1 | grep -q '^mimalloc: '; then
    serves=yes
else
    echo 'not compared: values, by the library (it has not been built, or not for this system)'
fi
judged=0
while read -r verdict assignment; do
    name=${assignment%%=*}
    variable=MIMALLOC_$(echo "$name" | tr '[:lower:]' '[:upper:]')
    judged=$((judged + 1))
    if [ "$verdict" = takes ]; then
        passes "$variable" "${assignment#*=}" --option "$assignment"
    else
        expect_refusal 125 "option $name is" "$run" --option "$assignment" true
    fi
    [ -n "$serves" ] || continue
    env "LD_PRELOAD=$OVERRIDE_SO" MIMALLOC_SHOW_ERRORS=1 "$variable=${assignment#*=}" true \
        >"$tmp/out" 2>&1
    case $verdict in
    takes) ! grep 'ignored value' "$tmp/out" || fail "the library does not take $assignment" ;;
    ignores) grep -q "$variable: ignored value" "$tmp/out" || fail "the library takes $assignment" ;;
    esac
done <<EOF
takes page_reset=
takes page_reset=1
takes page_reset=+1
takes page_reset=-0
takes page_reset=Off
takes page_reset=TRUE
takes stats_detail=
takes secure_level=1
ignores secure_level=3
ignores page_reset=2
ignores page_reset=-1
ignores page_reset=yess
ignores page_reset=1K
takes verbose=yes
takes verbose=no
takes verbose=+2
takes verbose=002
ignores verbose=
ignores verbose=3
ignores verbose=+
ignores verbose=+-1
ignores verbose=0x1
takes purge_delay=yes
takes purge_delay=off
takes purge_delay=+5
takes purge_delay=86400000
ignores purge_delay=
ignores purge_delay=-5
ignores purge_delay=5ms
ignores purge_delay=86400001
takes large_pages=on
takes max_errors=false
takes max_warnings=268435456
ignores max_warnings=268435457
takes arena_reserve=+64
takes arena_reserve=1m
takes arena_reserve=1GiB
takes arena_reserve=1024kb
ignores arena_reserve=
ignores arena_reserve=yes
ignores arena_reserve=63
ignores arena_reserve=1Mi
ignores arena_reserve=1T
ignores arena_reserve=-1G
ignores arena_reserve=99999999999999999999
takes populate_step=0
takes populate_step=64K
ignores populate_step=
ignores populate_step=no
ignores populate_step=99999999999999999G
EOF
[ "$judged" -ge 40 ] || fail "only $judged values were judged"

# --print shows what would be set, runs nothing, and can be used.
expect 0 '' "$run" --print
expect_output "LD_PRELOAD=$library"
expect 0 '' "$run" --print --stats --option purge_delay=5 sh -c 'echo ran'
expect_output "MIMALLOC_SHOW_STATS=1 MIMALLOC_PURGE_DELAY=5 LD_PRELOAD=$library"
[ ! -s "$tmp/err" ] || fail '--print writes messages'
# shellcheck disable=SC2016,SC2046
expect 0 "served by $override" env $("$run" --print --verbose) sh -c 'echo "$MIMALLOC_VERBOSE"'
expect_output 1
# shellcheck disable=SC2016
expect 0 "served by $override" sh -c \
    'eval "export $("$0" --print --stats)"; sh -c "echo \$MIMALLOC_SHOW_STATS"' "$run"
expect_output 1
# It answers for the command it is given.
expect_refusal 127 'No such file' "$run" --print "$tmp/none"
LD_PRELOAD="$tmp/it's.so" "$run" --print >"$tmp/out" 2>/dev/null
eval "$(cat "$tmp/out")"
[ "$LD_PRELOAD" = "$library:$tmp/it's.so" ] || fail "quoted wrongly: $LD_PRELOAD"
unset LD_PRELOAD
finish
