# SPDX-License-Identifier: MIT
"""From single runs to ratios, tables and a verdict."""

import csv
import os

from bench_peers import LIBC, OURS
from bench_run import FIGURES
from bench_stats import Interval, geometric_mean, median

SMALL_KIB = 8 * 1024  # below it, what every program pays at its start is taken off ours
START_KIB = 300
# Rows in which memory is returned and taken again, whose page faults have a limit of their own.
RETURNING = ("mstress", "malloc-large", "blow-up")
BLOW_UP = "blow-up"


class Run:
    """One run: its figures, or why it failed."""

    def __init__(self, row, peer, number, position, figures=None, error=None):
        self.row = row
        self.peer = peer
        self.round = number
        self.position = position
        self.figures = figures
        self.error = error


class Cell:
    """All runs of one row with one library.  One failure spoils it."""

    def __init__(self, runs):
        self.runs = runs
        self.errors = [run.error for run in runs if run.error]
        good = [] if self.errors else [run.figures for run in runs]
        self.is_good = bool(good)
        self.wall = min((figures["wall"] for figures in good), default=None)
        self.medians = {
            name: median(figures[name] for figures in good) for name in FIGURES if good
        }

    def peak(self):
        return self.medians.get("peak_kib")

    def faults(self):
        return self.medians.get("minor_faults")


class Summary:
    """What the tables show.  `base` is whom the ratios refer to: the C library where it ran."""

    def __init__(self, rows, peers, runs):
        self.names = [peer.name for peer in peers]
        self.cells = {
            (row.name, name): Cell(
                [run for run in runs if run.row == row.name and run.peer == name]
            )
            for row in rows
            for name in self.names
        }
        self.rows = [
            row for row in rows if any(self.cells[row.name, name].runs for name in self.names)
        ]
        self.others = [name for name in self.names if name != OURS]
        self.base = LIBC if LIBC in self.names else (self.others or self.names)[0]
        # Means over other rows for each library could not be compared.
        self.whole_rows = [
            row for row in self.rows if all(self.cells[row.name, name].is_good for name in self.names)
        ]
        self.rounds = max((run.round for run in runs), default=0)

    def cell(self, row, name):
        return self.cells[row.name, name]

    def both(self, row, first, second):
        return self.cell(row, first).is_good and self.cell(row, second).is_good

    def time_ratio(self, row, name):
        """Least time, to that of the base."""
        if not self.both(row, name, self.base):
            return None
        return self.cell(row, name).wall / self.cell(row, self.base).wall

    def memory_ratio(self, row, name):
        """Median peak memory, to that of the base."""
        if not self.both(row, name, self.base):
            return None
        return self.cell(row, name).peak() / self.cell(row, self.base).peak()

    def is_small(self, row):
        """Is it a row of which our start-up would be much?"""
        base, ours = (self.cell(row, name).peak() for name in (self.base, OURS))
        return (base or ours or SMALL_KIB) < SMALL_KIB

    def judged_memory_ratio(self, row, rival):
        """Our peak to the rival's, without our start-up where the row is small."""
        if not self.both(row, OURS, rival):
            return None
        start = START_KIB if self.is_small(row) else 0
        return (self.cell(row, OURS).peak() - start) / self.cell(row, rival).peak()

    def paired(self, row, first, second, figure="wall"):
        """Interval of the ratio first / second over the rounds."""
        if not self.both(row, first, second):
            return Interval([])
        ratios = []
        for one, other in zip(self.cell(row, first).runs, self.cell(row, second).runs):
            if one.figures[figure] > 0 and other.figures[figure] > 0:
                ratios.append(one.figures[figure] / other.figures[figure])
        return Interval(ratios)

    def best(self, row, key):
        """The peer (never ours) that is least in key(row, name), and that value."""
        found = [
            (key(row, name), name) for name in self.others if self.cell(row, name).is_good
        ]
        found = [pair for pair in found if pair[0] is not None]
        return min(found)[1] if found else None

    def fastest(self, row):
        """By what it is then judged by: one lucky run of a peer hides no other."""
        return self.best(row, lambda row, name: self.paired(row, name, OURS).mean)

    def smallest(self, row):
        return self.best(row, lambda row, name: self.cell(row, name).peak())

    def missing(self):
        """The rows that ours did not run."""
        return [row.name for row in self.rows if not self.cell(row, OURS).is_good]

    def speeds(self, rival):
        """Per row: how much faster ours is than the rival (a name, or a function of the row)."""
        for row in self.rows:
            name = rival(row) if callable(rival) else rival
            if name is not None and self.both(row, OURS, name):
                yield row, name, self.paired(row, name, OURS)

    def failures(self):
        return [
            (row.name, name, error)
            for row in self.rows
            for name in self.names
            for error in self.cell(row, name).errors
        ]


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def layout(lines):
    """Columns as wide as their widest cell: the first to the left, the others to the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        cells = [cell.rjust(width) for cell, width in zip(line, widths)]
        cells[0] = line[0].ljust(widths[0])
        yield "  ".join(cells).rstrip()


def ratio_table(summary):
    """Time / memory of every library, as ratios to the base."""
    lines = [["row", *summary.names, f"({summary.base})"]]
    for row in summary.rows:
        line = [row.name]
        for name in summary.names:
            if summary.cell(row, name).errors:
                line.append("failed")
                continue
            time, memory = summary.time_ratio(row, name), summary.memory_ratio(row, name)
            line.append(f"{number(time)} / {number(memory)}")
        base = summary.cell(row, summary.base)
        line.append(f"{base.wall:.3f} s {base.peak() / 1024:.1f} MiB" if base.is_good else "-")
        lines.append(line)
    whole = summary.whole_rows
    line = [f"geometric mean of {len(whole)}"]
    for name in summary.names:
        time = geometric_mean(summary.time_ratio(row, name) for row in whole)
        memory = geometric_mean(summary.memory_ratio(row, name) for row in whole)
        line.append(f"{number(time)} / {number(memory)}")
    lines.append(line + [""])
    yield f"Time / peak memory as ratios to {summary.base} (below 1 is better):"
    yield ""
    yield from layout(lines)


def best_table(summary):
    """Ours against the best peer of each row."""
    lines = [["row", "fastest", "ours is faster by", "smallest", "memory", "faults"]]
    for row in summary.rows:
        if not summary.cell(row, OURS).is_good:
            continue
        fastest, smallest = summary.fastest(row), summary.smallest(row)
        fewest = summary.best(row, lambda row, name: summary.cell(row, name).faults())
        if fastest is None:
            continue
        faults = summary.cell(row, OURS).faults() / max(summary.cell(row, fewest).faults(), 1)
        lines.append(
            [
                row.name,
                fastest,
                str(summary.paired(row, fastest, OURS)),
                smallest,
                number(summary.judged_memory_ratio(row, smallest))
                + ("*" if summary.is_small(row) else " "),
                number(faults),
            ]
        )
    yield "Ours against the best peer of each row: its time / ours in pairs [95 % interval] (above 1:"
    yield "ours is faster); our peak memory and page faults / the least of a peer (below 1 is better)."
    yield f"*: a small row, our {START_KIB} KiB of start-up are taken off."
    yield ""
    yield from layout(lines)


def each_table(summary):
    """Ours against every peer over all rows."""
    lines = [["ours against", "rows", "faster by", "memory"]]
    rivals = [(name, name, name) for name in summary.others]
    rivals.append(("the best of each row", summary.fastest, summary.smallest))
    for title, fastest, smallest in rivals:
        speeds = [interval.mean for _, _, interval in summary.speeds(fastest)]
        memory = [
            summary.judged_memory_ratio(row, smallest(row) if callable(smallest) else smallest)
            for row, _, _ in summary.speeds(smallest)
        ]
        lines.append(
            [title, str(len(speeds)), number(geometric_mean(speeds), 3), number(geometric_mean(memory), 3)]
        )
    yield "Geometric means over the rows that both ran:"
    yield ""
    yield from layout(lines)


def compare_table(summary, first, second):
    """The second against the first, in pairs."""
    lines = [["row", first, second, "time", "memory", "page faults", ""]]
    means = {"wall": [], "peak_kib": [], "minor_faults": []}
    for row in summary.rows:
        one, other = summary.cell(row, first), summary.cell(row, second)
        if not summary.both(row, first, second):
            lines.append([row.name, *("failed" if x.errors else "" for x in (one, other)), "", "", "", ""])
            continue
        intervals = {name: summary.paired(row, second, first, name) for name in means}
        for name, interval in intervals.items():
            if interval.mean is not None:
                means[name].append(interval.mean)
        time = intervals["wall"]
        word = ""
        if time.low is not None and not time.low <= 1 <= time.high:
            word = "faster" if time.high < 1 else "slower"
        lines.append(
            [row.name, f"{one.wall:.3f} s", f"{other.wall:.3f} s", str(time)]
            + [str(intervals["peak_kib"]), str(intervals["minor_faults"]), word]
        )
    line = ["geometric mean", "", ""]
    lines.append(line + [number(geometric_mean(values), 3) for values in means.values()] + [""])
    yield f"{second} / {first} in pairs [95 % interval] (below 1: {second} is better):"
    yield ""
    yield from layout(lines)


def write_runs(directory, runs):
    """runs.csv: every single run."""
    with open(os.path.join(directory, "runs.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "library", "round", "position", "status", *FIGURES])
        for run in runs:
            values = [f"{run.figures[name]:g}" if run.figures else "" for name in FIGURES]
            if run.figures:
                values[:3] = [f"{run.figures[name]:.6f}" for name in FIGURES[:3]]
            status = f"failed: {run.error}" if run.error else "good"
            writer.writerow([run.row, run.peer, run.round, run.position, status, *values])


def write_summary(directory, summary):
    """summary.csv: one line for each row and library."""
    with open(os.path.join(directory, "summary.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["row", "kind", "library", "runs", "status", "wall_min", "peak_kib_median"]
            + ["minor_faults_median", "time_ratio", "memory_ratio", "ours_faster_by", "low", "high"]
        )
        for row in summary.rows:
            for name in summary.names:
                cell = summary.cell(row, name)
                speed = summary.paired(row, name, OURS) if OURS in summary.names else Interval([])
                values = [cell.wall, cell.peak(), cell.faults(), summary.time_ratio(row, name)]
                values += [summary.memory_ratio(row, name), speed.mean, speed.low, speed.high]
                status = f"failed: {cell.errors[0]}" if cell.errors else "good"
                writer.writerow(
                    [row.name, row.kind, name, len(cell.runs), status]
                    + ["" if value is None else f"{value:.6g}" for value in values]
                )
