#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures this library beside others: rows of loads.txt, every library preloaded in turn."""

import argparse
import fnmatch
import os
import platform
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the source tree may be read-only

# pylint: disable=wrong-import-position
import bench_chart
import bench_peers
import bench_report
import bench_run
import bench_stats
import bench_verdict
from bench_peers import OURS, Refused
from bench_report import Run, Summary

HERE = os.path.dirname(os.path.abspath(__file__))
EPILOG = """
LIBRARY is ours, glibc, mimalloc, jemalloc, tcmalloc, tbbmalloc, or NAME=PATH.so; variables for it
alone may follow: NAME=PATH.so,MIMALLOC_ARENA_EAGER_COMMIT=0.  ROW is a name of --list, a pattern
(larson*), synthetic or real.

In DIRECTORY come runs.csv (every run), summary.csv, table.txt and, of libraries beside ours,
chart.svg.  Exit status: 0; 1 where a run failed; 2 where nothing could be measured as asked.
"""


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench.py",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("rows", nargs="*", metavar="ROW", help="what to run (all)")
    add("--peers", metavar="'LIBRARY...'", help="beside ours (those that are installed)")
    add("--compare", nargs=2, metavar="LIBRARY", help="the second against the first, in pairs")
    add("--rounds", type=int, metavar="N", help="3; with --quick 1, with --compare 15")
    add("--quick", action="store_true", help="short runs: do they work, not how fast they are")
    add("--limit", type=float, default=120, metavar="SECONDS", help="for one run (%(default)g)")
    add("--out", metavar="DIRECTORY", default="bench-results", help="(%(default)s)")
    add("--list", action="store_true", help="rows and libraries")
    add("--table", metavar="FILE", default=os.path.join(HERE, "loads.txt"), help="of rows")
    add("--builddir", metavar="DIRECTORY", help="where the loads are built")
    add("--self-test", action="store_true", help="of the means and intervals")
    options = parser.parse_args()
    if options.rounds is None:
        options.rounds = 15 if options.compare else 1 if options.quick else 3
    if options.rounds < 1 or options.limit <= 0:
        parser.error("--rounds and --limit are above 0")
    if options.compare and options.peers:
        parser.error("--compare and --peers exclude each other")
    options.builddir = os.path.abspath(options.builddir or os.environ.get("top_builddir") or ".")
    return options


def choose_rows(rows, words):
    """The rows that words name, in the table's order."""
    chosen = set()
    for word in words:
        found = [row for row in rows if word == row.kind or fnmatch.fnmatch(row.name, word)]
        if not found:
            raise Refused(f"unknown row '{word}': known are {', '.join(row.name for row in rows)}")
        chosen.update(row.name for row in found)
    return [row for row in rows if not words or row.name in chosen]


def machine():
    """What the figures depend on."""
    processor = ""
    huge = "?"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
            processor = names[0] if names else ""
        with open("/sys/kernel/mm/transparent_hugepage/enabled", encoding="utf-8") as file:
            huge = file.read().split("[")[-1].split("]")[0]
    except OSError:
        pass
    libc = " ".join(platform.libc_ver())
    yield f"{len(os.sched_getaffinity(0))} processors {processor or platform.machine()}, {libc},"
    yield f"Linux {platform.release()}, transparent huge pages: {huge}"


class Progress:
    """What goes on, on standard error: one line that changes on a terminal, else a line per row."""

    def __init__(self, total):
        self.total = total
        self.done = 0
        self.begin = time.monotonic()
        self.live = sys.stderr.isatty()

    def show(self, text):
        if self.live:
            rest = ""
            if self.done:
                seconds = (time.monotonic() - self.begin) / self.done * (self.total - self.done)
                rest = f", about {seconds / 60:.0f} min left" if seconds > 90 else ""
            line = f"[{self.done}/{self.total}{rest}] {text}"
            columns = shutil.get_terminal_size().columns
            print(f"\r{line[: columns - 1]}\x1b[K", end="", file=sys.stderr, flush=True)

    def say(self, text):
        print(("\r\x1b[K" if self.live else "") + text, file=sys.stderr, flush=True)


def libraries_for(row, peers):
    """What to preload for each library, or why it would not serve in this row."""
    chosen = {}
    for peer in peers:
        try:
            found = {bench_peers.preload_for(peer, program) for program in row.programs}
            # where one of several programs has a malloc of its own, glibc is preloaded for all
            chosen[peer.name] = max(found, key=bool)
        except Refused as error:
            chosen[peer.name] = error
    return chosen


def run_row(bench, row, peers, rounds, progress, runs):
    """All rounds of one row: in each, the libraries in an order that rotates (two take turns)."""
    libraries = libraries_for(row, peers)
    broken = {}
    if not bench.quick:  # the files come into memory, the processor out of its sleep
        first = next((x for x in libraries.values() if not isinstance(x, Refused)), None)
        try:
            bench.run(row, first)
        except bench_run.Failed:
            pass  # the measured run will fail as well and be reported
    for number in range(1, rounds + 1):
        shift = (number - 1) % len(peers)
        for position, peer in enumerate(peers[shift:] + peers[:shift], 1):
            progress.show(f"{row.name}, round {number}, {peer.name}")
            progress.done += 1
            if peer.name in broken:
                continue
            figures = error = None
            if isinstance(libraries[peer.name], Refused):
                error = str(libraries[peer.name])
            else:
                try:
                    figures = bench.run(row, libraries[peer.name], peer.variables)
                except bench_run.Failed as failure:
                    error = str(failure)
            if error:
                broken[peer.name] = error
                progress.say(f"{row.name}: {peer.name} FAILED: {error}")
            runs.append(Run(row.name, peer.name, number, position, figures, error))


def measure(bench, rows, peers, options):
    """Runs the rows; returns the runs and what was left out."""
    progress = Progress(len(rows) * len(peers) * options.rounds)
    runs, left_out = [], []
    for count, row in enumerate(rows, 1):
        progress.show(f"{row.name}: its inputs")
        try:
            bench.prepare(row)
        except bench_run.Skipped as reason:
            left_out.append(f"{row.name}: {reason}")
            progress.say(f"[{count}/{len(rows)}] {row.name}: left out: {reason}")
            progress.total -= len(peers) * options.rounds
            continue
        except (bench_run.Failed, OSError) as failure:
            runs += [Run(row.name, peer.name, 1, 1, error=str(failure)) for peer in peers]
            progress.say(f"[{count}/{len(rows)}] {row.name} FAILED: {failure}")
            progress.total -= len(peers) * options.rounds
            continue
        try:
            run_row(bench, row, peers, options.rounds, progress, runs)
        except KeyboardInterrupt:
            left_out.append(f"interrupted in {row.name}: {len(rows) - count} rows did not begin")
            break
        best = Summary([row], peers, runs)
        times = [
            f"{name} {best.cell(row, name).wall:.3f}"
            for name in best.names
            if best.cell(row, name).is_good
        ]
        progress.say(f"[{count}/{len(rows)}] {row.name}: {', '.join(times)}")
        shutil.rmtree(row.directory, ignore_errors=True)
    return runs, left_out


def report(summary, options, peers, remarks, left_out):
    """The lines of the tables."""
    yield from machine()
    for peer in peers:
        yield f"  {peer.name}: {peer}"
    rounds = "1 round" if summary.rounds == 1 else f"{summary.rounds} rounds"
    yield f"{rounds}; least time, median peak memory"
    if options.quick:
        yield "Quick: that it works, not how fast; the times are mostly start-up and noise."
    yield ""
    if summary.rows and options.compare:
        yield from bench_report.compare_table(summary, *summary.names)
    elif summary.rows:
        yield from bench_report.ratio_table(summary)
        if summary.others:
            for table in (bench_report.best_table, bench_report.each_table):
                yield ""
                yield from table(summary)
        if summary.others and not options.quick:
            yield ""
            field = bench_verdict.read_field(os.path.join(HERE, "field.txt"))
            yield from bench_verdict.verdicts(summary, field)
    for title, lines in (
        ("Left out:", left_out + remarks),
        ("FAILED:", [f"{row} with {name}: {error}" for row, name, error in summary.failures()]),
    ):
        if lines:
            yield ""
            yield title
            yield from (f"  {line}" for line in lines)


def list_all(rows, installed):
    for line in bench_report.layout(
        [["row", "kind ", "command"]]
        + [[row.name, row.kind, " ".join([row.program, *row.arguments])] for row in rows]
    ):
        print(line)
    print("\nlibraries")
    for name in bench_peers.KNOWN:
        package = bench_peers.PACKAGES.get(name)
        missing = f"not installed (Debian package {package})" if package else "not built"
        print(f"  {name}: {installed.get(name, missing)}")


def main():
    options = arguments()
    if options.self_test:
        bench_stats.self_test()
        print("the means and intervals are right")
        return 0
    rows = bench_run.read_table(options.table)
    installed = bench_peers.find_peers(HERE)
    if options.list:
        list_all(rows, installed)
        return 0
    rows = choose_rows(rows, options.rows)
    if options.compare:
        peers, remarks = bench_peers.pair(options.compare, installed), []
    else:
        peers, remarks = bench_peers.choose((options.peers or "").split(), installed)
    for peer in peers:
        bench_peers.preload_for(peer, "env")  # does it serve at all?
    load = os.getloadavg()[0]
    if load > 0.5 and not options.quick:
        print(f"bench.py: other work is running here (load {load:.1f})", file=sys.stderr)

    with tempfile.TemporaryDirectory(prefix="bench.") as work:
        bench = bench_run.Bench(HERE, options.builddir, work, options.quick, options.limit)
        remark = bench.build_measure()
        remarks += [remark] if remark else []
        runs, left_out = measure(bench, rows, peers, options)
    summary = Summary(rows, peers, runs)
    os.makedirs(options.out, exist_ok=True)
    bench_report.write_runs(options.out, runs)
    bench_report.write_summary(options.out, summary)
    lines = list(report(summary, options, peers, remarks, left_out))
    with open(os.path.join(options.out, "table.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    if summary.rows and not options.compare and OURS in summary.names and summary.others:
        with open(os.path.join(options.out, "chart.svg"), "w", encoding="utf-8") as file:
            file.write(bench_chart.draw(summary))
    print("\n".join(lines))
    print(f"\nIn {options.out}: {', '.join(sorted(os.listdir(options.out)))}")
    return 1 if summary.failures() or len(summary.rows) + len(left_out) < len(rows) else 0


if __name__ == "__main__":
    bench_run.end_with("bench.py", main)
