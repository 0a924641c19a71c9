# SPDX-License-Identifier: MIT
"""Numbers of the benchmark runner: means, and intervals of paired ratios."""

import math
import statistics

# Student's t: the quantile of 97.5 % for 1 to 30 degrees of freedom.
T_975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


def t_quantile(degrees):
    """The quantile of 97.5 % of Student's t distribution."""
    if degrees <= len(T_975):
        return T_975[degrees - 1]
    z = 1.959963985
    # the first two terms of the expansion about the normal distribution
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


def geometric_mean(values):
    """The geometric mean; None of nothing."""
    values = list(values)
    if not values:
        return None
    return math.exp(math.fsum(math.log(value) for value in values) / len(values))


def median(values):
    """The median; None of nothing."""
    values = list(values)
    return statistics.median(values) if values else None


class Interval:
    """The geometric mean of ratios and its 95 % interval (low and high are None below two).

    Taken over logarithms: a ratio and its inverse then give inverse intervals, so that it does
    not matter which of the two is divided by which.
    """

    def __init__(self, ratios):
        logs = [math.log(ratio) for ratio in ratios]
        self.count = len(logs)
        self.low = self.high = self.mean = None
        if not logs:
            return
        mean = math.fsum(logs) / len(logs)
        self.mean = math.exp(mean)
        if len(logs) > 1:
            half = t_quantile(len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs))
            self.low, self.high = math.exp(mean - half), math.exp(mean + half)

    def is_below(self, figure):
        """Does the whole interval lie below the figure?  Without one, does the mean?"""
        return (self.mean if self.high is None else self.high) < figure

    def is_above(self, figure):
        """The same above."""
        return (self.mean if self.low is None else self.low) > figure

    def __str__(self):
        if self.mean is None:
            return "-"
        if self.low is None:
            return f"{self.mean:.3f}"
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def self_test():
    """Known values; raises AssertionError where one is wrong."""

    def near(value, wanted, within=5e-4):
        assert abs(value - wanted) <= within, f"{value} is not {wanted}"

    near(geometric_mean([1, 2, 4]), 2)
    near(geometric_mean([0.5, 2]), 1)
    near(geometric_mean([3]), 3)
    assert geometric_mean([]) is None
    near(median([5, 1, 3]), 3)
    near(median([4, 1, 2, 3]), 2.5)
    # tables of Student's t: 40 and 120 degrees of freedom
    near(t_quantile(40), 2.021)
    near(t_quantile(120), 1.980)
    near(t_quantile(31), 2.0395)
    # ln 1, ln 1.1, ln 1.21: mean ln 1.1, deviation ln 1.1, half width 4.303 ln 1.1 / sqrt 3
    three = Interval([1, 1.1, 1.21])
    near(three.mean, 1.1)
    near(three.low, math.exp(math.log(1.1) * (1 - 4.303 / math.sqrt(3))))
    near(three.low, 0.8681)
    near(three.high, 1.3939)
    # nine: deviation of the logs of a = 1.02 taken -1, 0, 1 three times each is ln 1.02 sqrt(3/4)
    nine = Interval([1 / 1.02, 1, 1.02] * 3)
    near(nine.mean, 1, 1e-9)
    near(nine.high, 1.01327, 1e-4)
    inverse = Interval([1, 1 / 1.1, 1 / 1.21])
    near(inverse.low * three.high, 1, 1e-9)
    assert three.is_below(1.4) and not three.is_below(1.39)
    assert three.is_above(0.86) and not three.is_above(0.87)
    one = Interval([0.9])
    assert one.low is None and one.is_below(0.95) and not one.is_above(0.9)
    assert Interval([]).mean is None
