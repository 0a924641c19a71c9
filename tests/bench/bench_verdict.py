# SPDX-License-Identifier: MIT
"""The figures that this library has to reach, and which rows fall short of them."""

from bench_peers import LIBC, OURS
from bench_report import BLOW_UP, RETURNING
from bench_stats import geometric_mean

ENOUGH_ROUNDS = 9
ROW_LIMIT = 0.95  # of the best peer's speed, in each row
EACH_LIMIT = 1.10  # times each peer's speed, over all rows
FAULTS_LIMIT = 1.1  # times the best peer's page faults
BLOW_UP_LIMIT = 1.25  # times the C library's peak
ROUNDING = 0.005  # field.txt has two decimals


def read_field(path):
    """The best time that was reached in a row by any allocator, as a ratio to the C library."""
    with open(path, encoding="utf-8") as file:
        lines = (line.split("#", 1)[0].split() for line in file)
        return {words[0]: float(words[1]) for words in lines if words}


def rows_verdict(title, judged, short, missing):
    """One line for a figure that each of so many rows has to reach, one for each that does not; a
    row that ours did not run reaches none."""
    short = short + [f"{name}: ours failed" for name in missing]
    if not judged and not short:
        yield f"  -      {title}: no row to judge it by"
        return
    yield f"  {'SHORT' if short else 'good '}  {title}"
    for text in short:
        yield f"           {text}"


def mean_verdict(title, values, missing, is_good):
    """One line for a mean over the rows that both ran."""
    values = list(values)
    if not values:
        return f"  -      {title}: no row to judge it by"
    value = geometric_mean(values)
    word = "good " if is_good(value) and not missing else "SHORT"
    rows = "1 row" if len(values) == 1 else f"{len(values)} rows"
    failed = f", {len(missing)} that ours failed left out" if missing else ""
    return f"  {word}  {title}: {value:.3f} over {rows}{failed}"


def time_verdicts(summary, field):
    speeds = list(summary.speeds(summary.fastest))
    missing = summary.missing()
    yield mean_verdict(
        "time, geometric mean against the best peer of each row, at least 1.00",
        (interval.mean for _, _, interval in speeds),
        missing,
        lambda value: value >= 1,
    )
    short = [
        f"{row.name}: {interval} against {name}"
        for row, name, interval in speeds
        if interval.is_below(ROW_LIMIT)
    ]
    title = f"time, no row below {ROW_LIMIT} of its best peer"
    yield from rows_verdict(title, len(speeds), short, missing)
    for name in summary.others:
        yield mean_verdict(
            f"time, geometric mean against {name}, at least {EACH_LIMIT:.2f}",
            (interval.mean for _, _, interval in summary.speeds(name)),
            missing,
            lambda value: value >= EACH_LIMIT,
        )
    if LIBC not in summary.names:
        return
    judged, short = 0, []
    for row in summary.rows:
        ratio = summary.paired(row, OURS, LIBC)
        best = field.get(row.name)
        if best is None or ratio.mean is None:
            continue
        judged += 1
        if ratio.is_above(best + ROUNDING):
            short.append(f"{row.name}: {ratio} of {LIBC}'s time, the field's best is {best:.2f}")
    title = f"time, the field's best as a ratio to {LIBC} in each row"
    yield from rows_verdict(title, judged, short, [name for name in missing if name in field])


def memory_verdicts(summary):
    missing = summary.missing()
    for name in summary.others:
        ratios = [summary.judged_memory_ratio(row, name) for row in summary.rows]
        limit = "at most 1.00" if name == LIBC else "below 1.00"
        yield mean_verdict(
            f"peak memory, geometric mean against {name}, {limit}",
            (ratio for ratio in ratios if ratio is not None),
            missing,
            (lambda value: value <= 1) if name == LIBC else (lambda value: value < 1),
        )
    judged, short = 0, []
    for row in summary.rows:
        ratio = summary.judged_memory_ratio(row, LIBC) if LIBC in summary.names else None
        if not row.name.startswith(BLOW_UP) or ratio is None:
            continue
        judged += 1
        if ratio > BLOW_UP_LIMIT:
            short.append(f"{row.name}: {ratio:.2f}")
    title = f"peak memory, at most {BLOW_UP_LIMIT} of {LIBC}'s in the blow-up phases"
    missing = [name for name in missing if name.startswith(BLOW_UP)]
    yield from rows_verdict(title, judged, short, missing)


def fault_verdicts(summary):
    judged, short = 0, []
    for row in summary.rows:
        best = summary.best(row, lambda row, name: summary.cell(row, name).faults())
        if not row.name.startswith(RETURNING) or best is None or not summary.both(row, OURS, best):
            continue
        judged += 1
        ratio = summary.cell(row, OURS).faults() / max(summary.cell(row, best).faults(), 1)
        if ratio > FAULTS_LIMIT:
            short.append(f"{row.name}: {ratio:.2f} of {best}'s")
    title = f"page faults, at most {FAULTS_LIMIT} of the best peer's in {', '.join(RETURNING)}"
    missing = [name for name in summary.missing() if name.startswith(RETURNING)]
    yield from rows_verdict(title, judged, short, missing)


def verdicts(summary, field):
    """All of them, in words."""
    yield "Figures to reach:"
    yield ""
    yield from time_verdicts(summary, field)
    yield from memory_verdicts(summary)
    yield from fault_verdicts(summary)
    if summary.rounds < ENOUGH_ROUNDS:
        yield ""
        yield f"  A hint only: {summary.rounds} of at least {ENOUGH_ROUNDS} rounds (ROUNDS=9)."
