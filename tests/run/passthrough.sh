#!/bin/sh
# SPDX-License-Identifier: MIT
# What the command gets and gives passes through the launcher unchanged; commands that cannot be
# executed end as they do under env(1).
. "${top_srcdir:-.}/tests/run/common.sh"
prefix_with_dummy "$tmp/prefix"

for status in 0 1 7 125 126 127 255; do
    expect "$status" "served by $override" "$run" sh -c "exit $status"
done
[ "$(grep -c served "$tmp/err")" -eq 1 ] || fail 'the library was in more than the command'

for signal in TERM KILL USR1; do
    # shellcheck disable=SC2016
    "$run" sh -c 'kill -"$1" $$' sh "$signal" 2>/dev/null
    got=$?
    [ "$(kill -l "$got")" = "$signal" ] || fail "ended with $got instead of by $signal"
done

# The command takes the launcher's place: whoever signals the launcher signals the command.
# shellcheck disable=SC2016
sh -c 'echo $$; exec "$0" sh -c "echo \$\$"' "$run" >"$tmp/out" 2>/dev/null
[ "$(uniq "$tmp/out" | wc -l)" -eq 1 ] || fail 'the command has another process id'

# shellcheck disable=SC2016
expect 0 served "$run" sh -c 'printf "<%s>" "$0" "$@"; echo' 'a b' '' '*' "it's" '--help' -- '$x'
expect_output "<a b><><*><it's><--help><--><\$x>"
expect 0 served "$run" -- sh -c 'echo after'
expect_output after

printf 'one\ntwo\n' | "$run" cat >"$tmp/out" 2>/dev/null
expect_output 'one
two'
expect 0 served sh -c "echo in | '$run' cat - >&2"
grep -q '^in$' "$tmp/err" || fail 'standard input or error got lost'
# No stream is needed.
"$run" sh -c 'exit 9' <&- >&- 2>&-
[ $? -eq 9 ] || fail 'closed streams disturb'

# As env(1): 127 for what is not there, 126 for what is no program.
expect_refusal 127 'No such file' "$run" "$tmp/none"
expect_refusal 127 'No such file' env "PATH=$tmp/none:$tmp" "$run" no-such-command-anywhere
expect_refusal 127 'No such file' "$run" ''
expect_refusal 126 'denied' "$run" "$tmp"
echo 'echo ran' >"$tmp/plain"
expect_refusal 126 'denied' "$run" "$tmp/plain"
expect_refusal 127 'Not a directory' "$run" "$tmp/plain/x"

# The search of execvp: in order, past what cannot be executed, the empty element is here.
mkdir "$tmp/first" "$tmp/second" "$tmp/dash"
echo 'echo unused' >"$tmp/first/found"
mkdir "$tmp/first/listed"
printf '#!/bin/sh\necho second\n' >"$tmp/second/found"
chmod +x "$tmp/second/found"
program "$tmp/dash/-hello" || skip 'the compiler makes no program'
expect 0 served env "PATH=$tmp/none:$tmp/first:$tmp/second" "$run" found
expect_output second
expect_refusal 126 denied env "PATH=$tmp/first:$tmp/none" "$run" found
expect_refusal 126 denied env "PATH=$tmp/first" "$run" listed
expect_refusal 127 'No such' env "PATH=$tmp/none" "$run" found
cd "$tmp/second" || exit 99
expect 0 served env "PATH=$tmp/none:" "$run" found
expect_output second
cd "$tmp/dash" || exit 99
expect 0 served env "PATH=" "$run" -- -hello
expect_output hello
expect 0 served env "PATH=" "$run" "$(command -v env)" -- -hello
expect_output hello
mkdir -- --list
mv -- -hello --list/hello
expect 0 served "$run" -- --list/hello
expect_output hello
expect_refusal 125 'unknown option -hello' env "PATH=" "$run" -hello
cd "$tmp" || exit 99
finish
