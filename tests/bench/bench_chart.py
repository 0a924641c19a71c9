# SPDX-License-Identifier: MIT
"""A bar chart of the ratios, as SVG."""

from html import escape

from bench_peers import OURS
from bench_stats import geometric_mean

COLORS = {
    OURS: "#c8321e",
    "mimalloc": "#3f6fb5",
    "jemalloc": "#3c9a70",
    "tcmalloc": "#d9a32b",
    "tbbmalloc": "#8a63b0",
}
MORE_COLORS = ("#5aa9c4", "#9c755f", "#7f7f7f", "#b3698f", "#6b8e23")
BAR = 11  # height of a bar; the text beside it is as high
GAP = 9
LABELS = 150  # width of the rows' names
PANEL = 430  # width of one panel
GREATEST = 2.0  # a longer bar is cut off, its number tells
UNIT = 180  # width of 1.0
TOP = 84


class Canvas:
    """Elements of an SVG picture, in order."""

    def __init__(self):
        self.elements = []

    def rectangle(self, x, y, width, height, color):
        self.elements.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}"/>'
        )

    def line(self, x, y, to_x, to_y, color, dashes=""):
        dashes = f' stroke-dasharray="{dashes}"' if dashes else ""
        self.elements.append(
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{color}"{dashes}/>'
        )

    def text(self, x, y, text, size=11, anchor="start", weight="normal", color="#222222"):
        self.elements.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'font-weight="{weight}" fill="{color}">{escape(text)}</text>'
        )

    def picture(self, width, height, title):
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif">'
        )
        paper = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
        return "\n".join([head, f"<title>{escape(title)}</title>", paper, *self.elements, "</svg>", ""])


def colors_of(names):
    spare = iter(MORE_COLORS * (1 + len(names)))
    return {name: COLORS.get(name) or next(spare) for name in names}


def draw_bar(canvas, x, y, name, ratio, color, without):
    """One bar with its number behind it; where there is no ratio, why."""
    if ratio is None:
        canvas.text(x + 3, y + BAR - 2, without, 9, color="#999999")
        return
    width = min(ratio, GREATEST) * UNIT
    canvas.rectangle(x, y, width, BAR - 1, color)
    if ratio > GREATEST:  # two white strokes say that it goes on
        for offset in (16, 10):
            canvas.line(x + width - offset, y + BAR, x + width - offset + 5, y - 1, "#ffffff")
    weight = "bold" if name == OURS else "normal"
    canvas.text(x + width + 3, y + BAR - 2, f"{ratio:.2f}", 9, weight=weight)


def draw(summary):
    """The chart: a group of bars for each row, time at the left, peak memory at the right."""
    names = [name for name in summary.names if name != summary.base]
    colors = colors_of(names)
    groups = [(row.name, {}, {}) for row in summary.rows]
    for (_, times, memories), row in zip(groups, summary.rows):
        for name in names:
            times[name] = summary.time_ratio(row, name)
            memories[name] = summary.memory_ratio(row, name)
    means = ("geometric mean", {}, {})
    for name in names:
        for column in (1, 2):
            ratio = (summary.time_ratio, summary.memory_ratio)[column - 1]
            means[column][name] = geometric_mean(ratio(row, name) for row in summary.whole_rows)
    group_height = len(names) * BAR + GAP
    height = TOP + (len(groups) + 1) * group_height + 20
    width = LABELS + 2 * PANEL + 20

    canvas = Canvas()
    canvas.text(12, 22, f"Time and peak memory as ratios to {summary.base}", 15, weight="bold")
    canvas.text(width - 12, 22, "shorter is better", 11, "end")
    x = 12
    for name in names:
        canvas.rectangle(x, 33, 11, 11, colors[name])
        canvas.text(x + 15, 43, name, 11, weight="bold" if name == OURS else "normal")
        x += 34 + 7.5 * len(name)
    for column, title in ((1, "time"), (2, "peak memory")):
        left = LABELS + (column - 1) * PANEL
        canvas.text(left, 64, title, 12, weight="bold")
        for step in range(5):
            at = left + step * UNIT / 2
            is_one = step == 2
            canvas.line(at, TOP - 6, at, height - 16, "#777777" if is_one else "#e4e4e4")
            canvas.text(at, TOP - 9, f"{step / 2:g}", 9, "middle", color="#555555")
    y = TOP
    failed = {(row, name) for row, name, _ in summary.failures()}
    for title, *columns in [means, *groups]:
        weight = "bold" if title == means[0] else "normal"
        canvas.text(LABELS - 8, y + (group_height - GAP) / 2 + 4, title, 11, "end", weight)
        for number, values in enumerate(columns):
            for place, name in enumerate(names):
                left = LABELS + number * PANEL
                without = "failed" if (title, name) in failed else "-"
                draw_bar(canvas, left, y + place * BAR, name, values[name], colors[name], without)
        y += group_height
        canvas.line(12, y - GAP / 2, width - 12, y - GAP / 2, "#eeeeee")
    return canvas.picture(width, height, f"Time and peak memory as ratios to {summary.base}")
