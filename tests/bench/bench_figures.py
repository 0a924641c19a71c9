#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Figures that no row of the suite shows, of this library beside others: how long single calls take
(latency), what stays resident (footprint), how time grows with threads (scale), and how many atomic
read-modify-writes the frees of others' blocks take (atomics)."""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # the source tree may be read-only

# pylint: disable=wrong-import-position
import bench_peers
import bench_report
import bench_run
from bench_peers import OURS, Refused

HERE = os.path.dirname(os.path.abspath(__file__))

# What a load prints under a label, and the most that it may be of ours.
LATENCY_LIMITS = {
    "malloc p99.99, ns": 2000,
    "free p99.99, ns": 2000,
    "of these, the processor was not taken away": 0,
}
FOOTPRINT_LIMITS = {
    "peak / usable bytes": 1.03,
    "after a sleep, % of the peak": 10,
    "after light activity, % of the peak": 10,
}
LATENCY_ARGUMENTS = ("20000000",)
FOOTPRINT_ARGUMENTS = ("64", "32768", "400", "2000")

THREADS = (1, 2, 4, 8, 16, 64)
SCALE_LIMIT = 1.10  # times what an operation takes a processor with the fewest threads


def larson(threads, quick):
    rounds = (64 if quick else 1920) // threads
    return [threads, 8, 1000, 1000, 500 if quick else 10000, rounds]


def alloc_test(threads, quick):
    return [threads, (64000 if quick else 19200000) // threads, 1024, 1024]


def xmalloc(threads, quick):
    pairs = threads // 2
    return [pairs, pairs, 64, 64, (640 if quick else 192000) // pairs, pairs]


def sh8(threads, quick):
    return [threads, (128 if quick else 25600) // threads, 1000, 1000]


# Each does the same work in however many threads; the last needs two.
SCALE_LOADS = {"larson": larson, "alloc-test": alloc_test, "sh8": sh8, "xmalloc": xmalloc}

# name: arguments of a load in which all frees are of others' blocks, how many there are
ATOMICS_LOADS = {
    "xmalloc, 64 bytes": (["xmalloc", "1", "1", "64", "64", "2000"], 2000 * 128),
    "xmalloc, 16 to 4096 bytes": (["xmalloc", "1", "1", "16", "4096", "2000"], 2000 * 128),
}
ATOMICS_LIMIT = 1 / 8


def arguments():
    parser = argparse.ArgumentParser(prog="bench_figures.py", description=__doc__)
    add = parser.add_argument
    add("what", choices=("latency", "footprint", "scale", "atomics"))
    add("--peers", metavar="'LIBRARY...'", help="beside ours (those that are installed)")
    add("--quick", action="store_true", help="short runs: do they work")
    add("--rounds", type=int, metavar="N", help="scale: 3, with --quick 1")
    add("--limit", type=float, default=600, metavar="SECONDS", help="for one run (%(default)g)")
    add("--builddir", metavar="DIRECTORY", help="where the loads are built")
    options = parser.parse_args()
    if options.rounds is None:
        options.rounds = 1 if options.quick else 3
    if options.rounds < 1 or options.limit <= 0:
        parser.error("--rounds and --limit are above 0")
    options.builddir = os.path.abspath(options.builddir or os.environ.get("top_builddir") or ".")
    return options


class Runs:
    """Runs loads with each library."""

    def __init__(self, bench, peers):
        self.bench = bench
        self.peers = peers
        self.failures = []

    def run(self, peer, program, words):
        """The figures of one run and what it printed; None where it failed."""
        row = bench_run.Row(f"{program}-{peer.name}", "synthetic", program, words, words)
        print(f"{program} {' '.join(words)}: {peer.name}", file=sys.stderr)
        try:
            self.bench.prepare(row)
            figures = self.bench.run(
                row, bench_peers.preload_for(peer, row.programs[0]), peer.variables
            )
            with open(os.path.join(row.directory, "output"), encoding="utf-8") as file:
                return figures, file.read()
        except (bench_run.Failed, Refused) as error:
            self.failures.append(f"{program} with {peer.name}: {error}")
            return None

    def names(self):
        return [peer.name for peer in self.peers]


def labelled(text):
    """The lines "label: value" of what a load printed."""
    found = (line.rsplit(": ", 1) for line in text.splitlines() if ": " in line)
    return {label: value.strip() for label, value in found}


def verdict(label, value, limit):
    if value is None:
        return f"  -      {label}: not measured"
    return f"  {'good ' if value <= limit else 'SHORT'}  {label}, at most {limit:g}: {value:g}"


def printed_table(runs, program, words, limits):
    """What a load prints, a column for each library; then our verdicts."""
    columns = {}
    for peer in runs.peers:
        result = runs.run(peer, program, words)
        columns[peer.name] = labelled(result[1]) if result else {}
    labels = []
    for column in columns.values():
        labels += [label for label in column if label not in labels]
    # Lines "... from N ns" are a histogram: in its order, whoever has them.
    steps = [re.fullmatch(r"(.*) from (\d+) ns", label) for label in labels]
    plain = [label for label, step in zip(labels, steps) if not step]
    rows = sorted({(step[1], int(step[2])) for step in steps if step}, key=lambda x: (x[0] != "malloc", x))
    labels = plain + [f"{name} from {least} ns" for name, least in rows]
    lines = [["", *columns]]
    for label in labels:
        lines.append([label, *(column.get(label, "-") for column in columns.values())])
    yield from bench_report.layout(lines)
    yield ""
    for label, limit in limits.items():
        text = columns.get(OURS, {}).get(label)
        yield verdict(label, None if text is None else float(text), limit)


def scale_tables(runs, options):
    """Nanoseconds of a processor for each operation, as ratios to those with the fewest threads."""
    processors = len(os.sched_getaffinity(0))
    yield f"{processors} processors; time of all that are used, to that with the fewest threads"
    least = {}
    for load, words in SCALE_LOADS.items():
        for threads in THREADS:
            if load == "xmalloc" and threads < 2:
                continue
            for number in range(options.rounds):
                shift = number % len(runs.peers)
                for peer in runs.peers[shift:] + runs.peers[:shift]:
                    given = [str(word) for word in words(threads, options.quick)]
                    result = runs.run(peer, load, given)
                    if result:
                        time = result[0]["wall"] * min(threads, processors)
                        key = load, threads, peer.name
                        least[key] = min(least.get(key, time), time)
    verdicts = []
    for load in SCALE_LOADS:
        counts = [threads for threads in THREADS if any(k[:2] == (load, threads) for k in least)]
        lines = [[load, *(f"{threads} threads" for threads in counts)]]
        for name in runs.names():
            first = least.get((load, counts[0], name)) if counts else None
            ratios = [least.get((load, threads, name)) for threads in counts]
            ratios = [ratio / first if ratio and first else None for ratio in ratios]
            lines.append([name, *(bench_report.number(ratio) for ratio in ratios)])
            if name == OURS:
                known = [ratio for ratio in ratios if ratio]
                whole = len(known) == len(THREADS) - (load == "xmalloc")
                worst = round(max(known), 3) if whole else None
                verdicts.append(verdict(f"{load}, with whatever threads", worst, SCALE_LIMIT))
        yield ""
        yield from bench_report.layout(lines)
    yield ""
    yield from verdicts


def locked_instructions(path):
    """The places in a library's code of the instructions that lock."""
    listing = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", path], capture_output=True, text=True, check=True
    )
    places = set()
    for line in listing.stdout.splitlines():
        match = re.match(r"\s*([0-9a-f]+):\s+(.*)", line)
        if match and (match[2].startswith("lock ") or re.match(r"xchg\w*\s.*\(", match[2])):
            places.add(int(match[1], 16))
    return places


def executed(runs, peer, library, command):
    """How often the library's locking instructions ran in a command, as callgrind counts."""
    out = os.path.join(runs.bench.work, "callgrind.out")
    valgrind = ["valgrind", "--tool=callgrind", "--dump-instr=yes", "--dump-line=no"]
    valgrind += ["--compress-strings=no", "--compress-pos=no", "--trace-children=yes"]
    valgrind += ["--fair-sched=try", f"--callgrind-out-file={out}.%p", "env", *peer.variables]
    valgrind += [f"LD_PRELOAD={library}", *command]
    for old in os.listdir(runs.bench.work):
        if old.startswith("callgrind.out"):
            os.remove(os.path.join(runs.bench.work, old))
    status, told = runs.bench.finish(valgrind, runs.bench.work)
    if status != 0:
        raise bench_run.Failed(f"valgrind exits {status}: {told}")
    places, count, inside, is_call = locked_instructions(library), 0, False, False
    real = os.path.realpath(library)
    for name in os.listdir(runs.bench.work):
        if not name.startswith("callgrind.out"):
            continue
        with open(os.path.join(runs.bench.work, name), encoding="utf-8") as file:
            for line in file:
                if line.startswith("ob="):
                    inside = os.path.realpath(line[3:].strip()) == real
                elif line.startswith("calls="):
                    is_call = True  # what the next line counts is the callee's
                elif line.startswith("0x"):
                    words = line.split()
                    if inside and not is_call and int(words[0], 16) in places:
                        count += int(words[-1])
                    is_call = False
    return count


def atomics_table(runs, options):
    for tool in ("valgrind", "objdump"):
        if shutil.which(tool) is None:
            raise Refused(f"{tool} is not installed")
    if platform.machine() != "x86_64":
        raise Refused("only the instructions of x86-64 are known here")
    peers = [peer for peer in runs.peers if peer.path]
    lines = [["read-modify-writes for each block", *(peer.name for peer in peers)]]
    verdicts = []
    for name, (words, blocks) in ATOMICS_LOADS.items():
        line = [name]
        batches = int(words[-1]) // (10 if options.quick else 1)
        warm = batches // 5
        for peer in peers:
            program = os.path.join(runs.bench.loads, words[0])
            print(f"{' '.join(words)}: {peer.name}", file=sys.stderr)
            value = None
            try:
                library = bench_peers.preload_for(peer, program)
                counts = [
                    executed(runs, peer, library, [program, *words[1:-1], str(number)])
                    for number in (warm, batches)
                ]
                value = (counts[1] - counts[0]) / ((batches - warm) * blocks / int(words[-1]))
            except (bench_run.Failed, Refused) as error:
                runs.failures.append(f"{name} with {peer.name}: {error}")
            line.append(bench_report.number(value, 3))
            if peer.name == OURS:
                verdicts.append(verdict(name, value, ATOMICS_LIMIT))
        lines.append(line)
    yield from bench_report.layout(lines)
    yield ""
    yield from verdicts


def main():
    options = arguments()
    installed = bench_peers.find_peers(HERE)
    peers, remarks = bench_peers.choose((options.peers or "").split(), installed)
    with tempfile.TemporaryDirectory(prefix="bench.") as work:
        bench = bench_run.Bench(HERE, options.builddir, work, options.quick, options.limit)
        remark = bench.build_measure()
        remarks += [remark] if remark else []
        runs = Runs(bench, peers)
        if options.what == "latency":
            words = ["100000", "2000"] if options.quick else list(LATENCY_ARGUMENTS)
            lines = printed_table(runs, "latency", words, LATENCY_LIMITS)
        elif options.what == "footprint":
            words = ["64", "32768", "20", "200"] if options.quick else list(FOOTPRINT_ARGUMENTS)
            lines = printed_table(runs, "footprint", words, FOOTPRINT_LIMITS)
        elif options.what == "scale":
            lines = scale_tables(runs, options)
        else:
            lines = atomics_table(runs, options)
        for line in lines:
            print(line)
    for title, texts in (("Left out:", remarks), ("FAILED:", runs.failures)):
        if texts:
            print("\n" + title)
            print("\n".join(f"  {text}" for text in texts))
    return 1 if runs.failures else 0


if __name__ == "__main__":
    bench_run.end_with("bench_figures.py", main)
