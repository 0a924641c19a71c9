#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The price of the secure library: what `make secure-cost` prints from the summary.csv of a run of
bench.py with the libraries ours, light, secure and perhaps scudo: time and peak memory over ours.
Exit status 1: more than a limit, or there is nothing to compare with it, or a row lacks a level."""
import csv
import math
import sys

LIMITS = {  # library: (real programs, synthetic loads, any row), (memory)
    "light": (1.10, None, None, None),
    "secure": (1.25, 2.0, 4.0, 1.45),
}
# Blocks of more than 64 KiB come and go: each is mapped and unmapped, so that it faults at once.
LARGE = {"malloc-large", "realloc-append", "realloc-strings"}
SMALL_KIB = 8 * 1024  # below that a process's own start decides


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def show(value):
    return "     -" if value is None else f"{value:6.2f}"


def main(path):
    rows, kinds = {}, {}
    with open(path, newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if line["wall_min"] and line["status"] == "good":
                figures = float(line["wall_min"]), float(line["peak_kib_median"])
                rows.setdefault(line["row"], {})[line["library"]] = figures
                kinds[line["row"]] = line["kind"]
    names = [n for n in ("light", "secure", "scudo") if any(n in r for r in rows.values())]
    print(f"{'row':24} {'':9}" + "".join(f" {n + ' time':>12} {'memory':>7}" for n in names))
    ratios = {n: [] for n in names + [n for n in LIMITS if n not in names]}
    lacking = []
    for row, figures in rows.items():
        if "ours" not in figures:
            continue
        text = ""
        lacking += [f"{row} ({name})" for name in LIMITS if name not in figures]
        for name in names:
            time = memory = None
            if name in figures:
                time = figures[name][0] / figures["ours"][0]
                memory = figures[name][1] / figures["ours"][1]
                ratios[name].append((row, kinds[row], time, memory, figures["ours"][1]))
            text += f"       {show(time)}  {show(memory)}"
        print(f"{row:24} {kinds[row]:9}{text}")
    failed = len(lacking)
    if lacking:
        print("No good runs: " + ", ".join(lacking))
    for name in ratios:
        parts = {
            "real programs": mean([r[2] for r in ratios[name] if r[1] == "real"]),
            "synthetic loads": mean(
                [r[2] for r in ratios[name] if r[1] == "synthetic" and r[0] not in LARGE]
            ),
            "worst row": max((r[2] for r in ratios[name] if r[0] not in LARGE), default=None),
            "memory": mean([r[3] for r in ratios[name] if r[4] >= SMALL_KIB]),
        }
        limits = LIMITS.get(name, (None,) * 4)
        for (what, value), limit in zip(parts.items(), limits):
            verdict = ""
            if limit is not None:
                is_kept = value is not None and value <= limit
                verdict = f"  at most {limit}: " + ("yes" if is_kept else "no")
                failed += not is_kept
            print(f"{name:8} {what:16} {show(value)}{verdict}")
    print("Not in the means of synthetic loads, nor the worst row: " + ", ".join(sorted(LARGE)))
    return 1 if failed else 0


sys.exit(main(sys.argv[1]))
