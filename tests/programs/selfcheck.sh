#!/bin/sh
# SPDX-License-Identifier: MIT
# The tests of programs can fail: each function of common.sh is shown a library, a launcher or a
# program that is wrong in one way, and has to turn red.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

need gcc gcc
need cmp diffutils
need ls coreutils
fake=$WORK/fake
mkdir "$fake"

# A library that says it serves and does not define malloc, and one that is silent.
cat >"$fake/says.c" <<'END'
#include <stdlib.h>
#include <unistd.h>
__attribute__((constructor)) static void say(void) {
    static const char line[] = "mimalloc: version " VERSION " (override, release) serves\n";
    if (getenv("MIMALLOC_VERBOSE"))
        if (write(2, line, sizeof line - 1) < 0)
            _exit(1);
}
END
echo 'int nothing;' >"$fake/silent.c"
for library in says silent; do
    gcc -shared -fPIC -DVERSION="\"$serving_version\"" -o "$fake/libmimalloc-$library.so" "$fake/$library.c"
done
# launcher NAME LINES: a stand-in for mimalloc-run.
launcher() {
    {
        echo '#!/bin/sh'
        echo "case \$1 in --debug | --secure) shift ;; esac"
        echo "$2"
    } >"$fake/$1"
    chmod +x "$fake/$1"
}
launcher says "exec env LD_PRELOAD='$fake/libmimalloc-says.so' \"\$@\""
launcher silent "exec env LD_PRELOAD='$fake/libmimalloc-silent.so' \"\$@\""
launcher plain "exec env LD_PRELOAD='${PLAIN_SO:-}' \"\$@\""
# shellcheck disable=SC2016 # the launcher expands it
{
    launcher none 'exec "$@"'
    launcher refuses 'echo refused >&2; exit 126'
    launcher changes '"$@" | sed s/a/b/'
    launcher noisy 'echo noise >&2; exec "$@"'
    launcher writes 'echo more >file; exec "$@"'
    launcher crashes '"$@"; kill -SEGV $$'
}

with() {
    export MIMALLOC_RUN="$fake/$1"
    eval "$2"
}
# red WHY LAUNCHER PATTERN FUNCTION...: the functions (one shell text) fail and say PATTERN.
red() {
    why=$1
    if (with "$2" "$4") >"$WORK/red" 2>&1; then
        fail "stays green with $why: $4"
    fi
    grep -q "FAIL: .*$3" "$WORK/red" || {
        show "$WORK/red"
        fail "red for another reason with $why: $4"
    }
}
# green WHY LAUNCHER FUNCTION...: so that red is not red with everything.
green() {
    (with "$2" "$3") >"$WORK/red" 2>&1 || {
        show "$WORK/red"
        fail "red with $1: $3"
    }
}

green 'a library that tells' says 'compare_runs echo a; assert_served'
red 'a library that does not serve' silent 'tells of 0' 'compare_runs echo a; assert_served'
red 'no library at all' none 'tells of 0' 'compare_runs echo a; assert_served'
if [ -n "${PLAIN_SO:-}" ]; then
    red 'the plain library' plain 'tells of 0' 'compare_runs echo a; assert_served'
    red 'the plain library' plain 'not (or not only) bound' 'assert_bound ls /'
fi
red 'fewer processes served than asked' says 'tells of 1' 'compare_runs echo a; assert_served 2'
red 'a library that only claims to serve' says 'not (or not only) bound' 'assert_bound ls /'
red 'malloc bound to libc' none 'not (or not only) bound' 'assert_bound ls /'
red 'a launcher that refuses' refuses 'status differs' 'compare_runs echo a'
red 'a launcher that refuses' refuses 'exits 126' 'assert_bound ls /'
red 'other output' changes 'out differs' 'compare_runs echo a'
red 'other output' changes 'out differs' 'compare_quiet echo a'
red 'a word on the error stream' noisy 'err differs' 'compare_runs echo a'
red 'a library that is not silent' says 'err differs' \
    'MIMALLOC_VERBOSE=1; export MIMALLOC_VERBOSE; compare_quiet sh -c "unset MIMALLOC_VERBOSE"'
red 'another file' writes 'files differ' 'compare_runs echo a'
red 'a crash' crashes 'status differs' 'compare_runs echo a'
red 'a command that fails by itself' says 'exits 1 without' 'compare_runs false'
red 'a command that hangs' says 'more than 1 seconds' 'LIMIT=1; compare_runs tail -f /dev/null'
red 'the release library for debug' says 'another one served' \
    'DEBUG_SO=built; SECURE_SO=; compare_variants echo a'
red 'a secure library that is silent' silent 'tells of 0' \
    'DEBUG_SO=; SECURE_SO=built; compare_variants echo a'
green 'no variants' none 'DEBUG_SO=; SECURE_SO=; compare_variants false'

status=0
(need no-such-program some-package) >"$WORK/red" || status=$?
[ "$status" -eq 77 ] || fail "a missing program exits $status, not 77"
grep -q 'SKIP: no-such-program .*some-package' "$WORK/red" || fail "a missing program is not named"

# And the real launcher with the real library is green with the same functions.
compare_runs sh -c 'echo a; ls /dev/null'
assert_served
assert_bound ls /
for leftover in "$WORK"/served/*; do
    [ ! -e "$leftover" ] || fail "a run without files left $leftover"
done
finish
