#!/bin/sh
# SPDX-License-Identifier: MIT
# Scripts are judged by what interprets them, also behind env(1).
. "${top_srcdir:-.}/tests/run/common.sh"
prefix_with_dummy "$tmp/prefix"
env=$(command -v env)

# script FIRST-LINE: makes $tmp/script, which says "ran" and its arguments.
script() {
    # shellcheck disable=SC2016
    printf '%s\n%s\n' "$1" 'echo "ran $*"' >"$tmp/script"
    chmod +x "$tmp/script"
}

# runs FIRST-LINE: such a script is served and gets its arguments.
runs() {
    script "$1"
    expect 0 "served by $override" "$run" "$tmp/script" 'a  b' c
    expect_output 'ran a  b c'
}

# refuses STATUS PATTERN FIRST-LINE
refuses() {
    script "$3"
    expect_refusal "$1" "$2" "$run" "$tmp/script"
}

runs '#!/bin/sh'
runs '#! 	/bin/sh	 '
runs '#!/bin/sh -u'
runs "#!$env sh"
runs "#!$env -S sh -u"
runs "#!$env -vS X=1 'sh' \"-u\""
runs "#!$env -S -u HOME --unset=TERM -- X=1 sh"
# Without an interpreter line a shell runs it.
runs ''
runs 'x=1'
runs '#!'
runs '#! 	'

refuses 127 "its interpreter '$tmp/none'" "#!$tmp/none"
refuses 126 'its interpreter' "#!$tmp"
for line in "#!$env no-such-interpreter" "#!$env -S no-such-interpreter -x"; do
    script "$line"
    expect_refusal 127 'No such file' env "PATH=$tmp/none" "$run" "$tmp/script"
done
refuses 126 'takes the allocator away' "#!$env -S -i sh"
refuses 126 'takes the allocator away' "#!$env -S --ignore-environment sh"
refuses 126 'takes the allocator away' "#!$env -S -u LD_PRELOAD sh"
refuses 126 'takes the allocator away' "#!$env -S --unset=LD_PRELOAD sh"
refuses 126 'takes the allocator away' "#!$env -S LD_PRELOAD=x.so sh"
expect_refusal 126 'takes the allocator away' "$run" env -i true
expect_refusal 126 'takes the allocator away' "$run" env X=1 LD_PRELOAD= true
# As getopt_long has it: a text in an argument of its own, and names cut short.
expect_refusal 126 'takes the allocator away' "$run" env --unset LD_PRELOAD true
expect_refusal 126 'takes the allocator away' "$run" env --uns=LD_PRELOAD true
expect_refusal 126 'takes the allocator away' "$run" env --ignore-env true
expect_refusal 126 'takes the allocator away' "$run" env -C / -u LD_PRELOAD true
expect_refusal 126 'takes the allocator away' "$run" env --chdir / --split-string '-i true'
expect_refusal 126 'takes the allocator away' "$run" env "PATH=$PATH" LD_PRELOAD= true
expect_refusal 126 'takes the allocator away' "$run" env -S '-u' LD_PRELOAD true
expect_refusal 126 'takes the allocator away' "$run" env -S X=1 LD_PRELOAD= true
expect 0 '' "$run" env --unset HOME --chdir / --debug true
# shellcheck disable=SC2016
expect 0 "served by $override" "$run" env X=1 sh -c 'echo "$X"'
expect_output 1

# A script that interprets a script, and one that never ends.
printf '#!/bin/sh\nexec sh "$@"\n' >"$tmp/interpreter"
chmod +x "$tmp/interpreter"
runs "#!$tmp/interpreter"
for line in "#!$tmp/script" "#!$env $tmp/script"; do
    script "$line"
    expect_refusal 126 'symbolic links' "$run" --print "$tmp/script"
done

# The line is as long as the kernel reads; a name that may be cut is not trusted.
long=$(printf '%0300d' 0 | tr 0 /)
script "#!${long}bin/sh"
expect 0 "served by $override" "$run" "$tmp/script" x
expect_output 'ran x'

# Binary data without a known head goes to the shell, too, which may refuse it, but is served.
printf '\000\001\002\n' >"$tmp/data"
chmod +x "$tmp/data"
"$run" "$tmp/data" >"$tmp/out" 2>"$tmp/err"
grep -q "served by $override" "$tmp/err" || fail 'unknown data does not go to the shell'

# A set-user-ID bit on a script has no effect, nor has it here.
script '#!/bin/sh'
chmod 4755 "$tmp/script"
expect 0 "served by $override" "$run" "$tmp/script"

if program "$tmp/static" -static; then
    refuses 126 "'$tmp/static': it is statically linked" "#!$tmp/static"
    refuses 126 "'$tmp/static': it is statically linked" "#!$env $tmp/static"
    refuses 126 "'$tmp/static': it is statically linked" "#!$env -S X=1 $tmp/static -x"
    expect_refusal 126 'statically linked' "$run" env "$tmp/static"
else
    echo 'not tested: a static interpreter (the compiler makes none)'
fi
finish
