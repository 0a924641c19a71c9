#!/bin/sh
# SPDX-License-Identifier: MIT
# The benchmark runner on tiny loads of its own: what it measures is true, what fails is reported as
# failed and never as a time, what would not serve is refused, its means and intervals are right.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

skip() {
    echo "SKIP: $*"
    exit 77
}

[ -n "${OVERRIDE_SO:-}" ] || skip "the override library is not built"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 7))' 2>/dev/null ||
    skip "python3 (3.7 or later) is not installed"
if "$MIMALLOC_RUN" --print env 2>&1 | grep -q -e 'another ABI' -e 'another C library'; then
    skip "this build is for another system than that of the programs here"
fi
case " ${CFLAGS:-} " in
*" -fsanitize"*) skip "built with a sanitizer, which brings its own malloc: $CFLAGS" ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
loads=$work/tests/bench/loads
mkdir -p "$loads"
failures=0

fail() {
    echo "FAIL: $*"
    failures=1
}

# compile NAME [FLAG...]: a load from the standard input
compile() {
    cat >"$work/$1.c"
    name=$1
    shift
    # Words on purpose:
    # shellcheck disable=SC2086
    ${CC:-cc} ${CPPFLAGS-} ${CFLAGS-} ${LDFLAGS-} -fno-builtin -o "$loads/$name" "$work/$name.c" "$@"
}

# bench WANTED_STATUS ARGUMENT...: output to $work/out and $work/err, files to $work/results
bench() {
    wanted=$1
    shift
    rm -rf "$work/results"
    status=0
    python3 "$here/bench.py" --table "$work/table" --builddir "$work" --out "$work/results" \
        "$@" >"$work/out" 2>"$work/err" || status=$?
    if [ "$status" -ne "$wanted" ]; then
        cat "$work/out" "$work/err"
        fail "exit status $status, not $wanted: bench.py $*"
    fi
}

# says FILE PATTERN
says() {
    if ! grep -qe "$2" "$work/$1"; then
        sed 's/^/    /' "$work/$1"
        fail "$1 does not say: $2"
    fi
}

compile touch <<'EOT'
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv) {
    size_t size = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    char *block = malloc(size);
    memset(block, 1, size);
    int good = block[size - 1] == 1;
    free(block);
    return !good;
}
EOT
compile failing <<'EOT'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
    const char *preloaded = getenv("LD_PRELOAD");
    free(malloc(10));
    if (argc > 2 && strstr(preloaded != NULL ? preloaded : "", argv[2]) == NULL)
        return 0;
    if (strcmp(argv[1], "hang") == 0)
        pause();
    if (strcmp(argv[1], "crash") == 0)
        abort();
    fprintf(stderr, "the sum is wrong\n");
    return 3;
}
EOT
: >"$work/empty.c"
# shellcheck disable=SC2086
${CC:-cc} ${CPPFLAGS-} ${CFLAGS-} ${LDFLAGS-} -shared -fPIC -o "$work/empty.so" "$work/empty.c"
cat >"$work/table" <<'EOT'
# a comment
small | synthetic | touch 1000 | 10
large | synthetic | touch 20000000 | 20000000
exits | synthetic | failing exit | exit
crashes | synthetic | failing crash | crash
hangs | synthetic | failing hang / | hang /
missing | synthetic | no-such-load | 1
perl | real | perl.sh 300 | 100
absent | real | absent.sh | 1
EOT

python3 "$here/bench.py" --self-test || fail "the means and intervals are wrong"

# What is measured.
bench 0 --peers glibc --rounds 3 small large
says out 'geometric mean'
says out 'A hint only: 3 of at least 9 rounds'
says err '\[2/2\] large: ours [0-9.]*, glibc [0-9.]*$'
python3 - "$work/results" <<'EOT' || fail "the files are wrong"
import csv, sys
import xml.dom.minidom

directory = sys.argv[1]
with open(directory + "/runs.csv", newline="") as file:
    runs = list(csv.DictReader(file))
assert len(runs) == 2 * 2 * 3, runs
assert all(run["status"] == "good" and float(run["wall"]) > 0 for run in runs), runs
# the libraries take turns
assert [run["library"] for run in runs[:6]] == ["ours", "glibc", "glibc", "ours", "ours", "glibc"]
with open(directory + "/summary.csv", newline="") as file:
    table = {(line["row"], line["library"]): line for line in csv.DictReader(file)}
assert len(table) == 4, table
for name in ("ours", "glibc"):
    more = float(table["large", name]["peak_kib_median"]) - float(table["small", name]["peak_kib_median"])
    assert 19000 < more < 25000, more  # 20 MB
    walls = [float(run["wall"]) for run in runs if (run["row"], run["library"]) == ("large", name)]
    assert abs(min(walls) - float(table["large", name]["wall_min"])) < 1e-5, walls
assert float(table["large", "glibc"]["time_ratio"]) == 1
xml.dom.minidom.parse(directory + "/chart.svg")
EOT

# What fails, with every library or with one.
bench 1 --peers glibc --quick small exits crashes missing
says out 'exits with ours: exits 3; the sum is wrong'
says out 'crashes with glibc: killed by signal 6'
says out 'missing with ours: .*no-such-load is not built: make'
says out '^exits  *failed  *failed'
says out '^small .* / '
if grep '^exits,.*good' "$work/results/runs.csv"; then
    fail "a failed run has figures"
fi
bench 1 --peers glibc --quick --limit 2 hangs
says out 'hangs with ours: more than 2 s'
says out '^hangs  *failed  *1.00 / 1.00'
bench 1 --quick --peers glibc absent
says out 'absent with ours: no such script'
if (cd "$work" && compile fixed -static 2>/dev/null) <"$work/touch.c"; then
    echo 'fixed | synthetic | fixed 1000 | 10' >>"$work/table"
    bench 1 --peers glibc --quick fixed
    says out 'fixed with ours: .* is linked statically'
fi

# What would be measured as the C library is refused.
bench 2 --peers "glibc empty=$work/empty.so" small
says err 'empty would not serve: malloc in .* is bound to .*libc'
bench 2 --peers "glibc text=$work/table" small
says err 'text would not serve: .*table.*cannot be preloaded'
bench 2 --peers "gone=$work/gone.so" small
says err 'no such file: .*/gone.so'
bench 2 --peers 'glibc nobody' small
says err "unknown library 'nobody': known are ours, glibc"
bench 2 --peers glibc smal
says err "unknown row 'smal': known are small, large"
bench 2 --peers glibc --rounds 0 small
says err 'rounds'

# Two in pairs, one with a variable of its own; a pattern for the rows.
bench 0 --compare "$OVERRIDE_SO" "again=$OVERRIDE_SO,MIMALLOC_SHOW_STATS=0" --rounds 2 's*l'
says out '^again / A in pairs'
says out '^small .*\['

# Of made-up runs: who is the best peer, what a failed row is worth, what is taken off our peaks.
python3 - "$here" <<'EOT' || fail "made-up runs are judged wrongly"
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from bench_report import Run, Summary, best_table, ratio_table
from bench_run import FIGURES, Row
from bench_peers import Peer
from bench_verdict import verdicts

ROUNDS = 9
def summary(walls, peak=2000):
    runs = []
    for row, libraries in walls.items():
        for name, times in libraries.items():
            for number, wall in enumerate(times, 1):
                figures = dict.fromkeys(FIGURES, 1.0)
                figures.update(wall=wall, peak_kib=peak)
                error = "made up" if wall is None else None
                runs.append(Run(row, name, number, 1, None if error else figures, error))
    rows = [Row(name, "synthetic", "x", [], []) for name in walls]
    return Summary(rows, [Peer(name, "x") for name in ("ours", "glibc", "je")], runs)

def says(lines, text):
    lines = list(lines)
    assert any(text in line for line in lines), (text, lines)

# One lucky run makes no best peer.
lucky = summary({"row": {"ours": [1] * ROUNDS, "glibc": [1.2] * ROUNDS, "je": [1.19] + [1.3] * (ROUNDS - 1)}})
assert lucky.fastest(lucky.rows[0]) == "glibc"
says(verdicts(lucky, {}), "best peer of each row, at least 1.00: 1.200 over 1 row")
# Where ours failed, no figure is reached; the means are over the rows that all ran.
failed = summary({
    "one": {"ours": [1] * ROUNDS, "glibc": [2] * ROUNDS, "je": [4] * ROUNDS},
    "two": {"ours": [None], "glibc": [1] * ROUNDS, "je": [8] * ROUNDS},
})
says(verdicts(failed, {}), "SHORT  time, geometric mean against the best peer")
says(verdicts(failed, {}), "SHORT  time, no row below 0.95")
says(verdicts(failed, {}), "two: ours failed")
says(verdicts(failed, {}), "2.000 over 1 row, 1 that ours failed left out")
says(ratio_table(failed), "geometric mean of 1")
assert all("8.00 / " not in line or "two" in line for line in ratio_table(failed))
# The first table shows what was measured, the second says where start-up was taken off.
says(ratio_table(lucky), "0.83 / 1.00")
says(best_table(lucky), "0.85*")
large = summary({"row": {"ours": [1], "glibc": [1.2], "je": [1.3]}}, 20000)
says(best_table(large), "1.00 ")
EOT

# A real program, and what is not installed.
if command -v perl >/dev/null; then
    bench 0 --peers glibc --quick perl
    says out '^perl .* / '
fi
python3 - "$here" >"$work/python" <<'EOT'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import bench_peers
try:
    bench_peers.choose(["jemalloc"], {})
except bench_peers.Refused as refusal:
    print(refusal)
print("\n".join(bench_peers.choose([], {"ours": bench_peers.Peer("ours", "x")})[1]))
EOT
says python 'jemalloc is not installed (Debian package libjemalloc2)'
says python 'tbbmalloc is not installed (Debian package libtbbmalloc2)'

# The suite's own table: every script has a row, every row a source.
python3 "$here/bench.py" --list >"$work/list" || fail "--list"
for script in "$here"/real/*.sh; do
    script=${script##*/}
    [ "$script" = common.sh ] || says list " real .*$script"
done
awk '$2 == "synthetic" { print $3 }' "$work/list" | sort -u >"$work/programs"
while read -r program; do
    [ -e "$here/loads/$program.c" ] || fail "loads/$program.c is missing"
done <"$work/programs"
exit $failures
