#!/bin/sh
# SPDX-License-Identifier: MIT
# python3: modules of its own test suite, and a script with threads and pickles.  PYTHONMALLOC
# sends every object to malloc, where the interpreter would use its own arenas.
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

# A python3 found first by PATH may be a shell script that chooses a version, hence a list.
python=
for candidate in /usr/bin/python3 python3; do
    if "$candidate" -c '' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || skip "python3 is not installed (Debian package python3)"
need "$python" python3
PYTHONHASHSEED=0
PYTHONDONTWRITEBYTECODE=1
PYTHONMALLOC=malloc
export PYTHONHASHSEED PYTHONDONTWRITEBYTECODE PYTHONMALLOC

compare_runs "$python" "$HERE/inputs/objects.py" 30000
assert_served
assert_bound "$python" -c 'print([str(i) for i in range(10)])'
compare_variants "$python" "$HERE/inputs/objects.py" 1500

# Its own tests tell how long they took and where; what counts is which ran and how they ended.
tidy() {
    sed -n -e '/ \.\.\. /p' -e '/^Ran /p' -e '/^Total test/p' -e '/^Result/p' \
        -e '/^== Tests result/p' "$WORK/$1.out" "$WORK/$1.err" |
        sed -e 's/ in [0-9.]*s$//' >"$WORK/$1.kept"
    mv "$WORK/$1.kept" "$WORK/$1.out"
    : >"$WORK/$1.err"
    rm -rf "${WORK:?}/$1"
    mkdir "$WORK/$1"
}
if "$python" -c 'import test.test_json' 2>/dev/null; then
    compare_quiet "$python" -m test -v test_json test_dict test_list test_re
    grep -q ' \.\.\. ok$' "$WORK/served.out" || fail "python3 -m test ran no test"
    say "$(grep -c ' \.\.\. ok$' "$WORK/served.out") tests of python's own library are equal"
else
    say "python's own tests are left out: Debian package libpython3.11-testsuite is missing"
fi
finish
