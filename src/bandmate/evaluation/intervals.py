"""Bootstrap intervals of means, drawing whole works, since windows of one work are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.evaluation.excerpt import Floats
from bandmate.evaluation.measured import Measured

DRAWS = 2000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval; n = values it is the mean of. NaN without values."""

    mean: float
    low: float
    high: float
    n: int


def mean_interval(windows: Measured, name: str, *, draws: int = DRAWS, seed: int = 0) -> Interval:
    """The mean of a line over windows, and how far it would differ with other works of the kind.

    Args:
        windows: measured.
        name: of the line.
        draws: how many times works are drawn with replacement.
        seed: of the draws.
    """
    return interval(windows.column(name), windows.works, draws=draws, seed=seed)


def interval(values: Floats, works: NDArray[Any], *, draws: int = DRAWS, seed: int = 0) -> Interval:
    """The mean of some values, and how far it would differ with other works of the kind.

    Args:
        values: NaN where one is not known; float (n,).
        works: whose each is, any names; (n,).
        draws: how many times works are drawn with replacement.
        seed: of the draws.
    """
    known = ~np.isnan(values)
    if not known.any():
        return Interval(np.nan, np.nan, np.nan, 0)
    values = values[known]
    _, owner = np.unique(works[known], return_inverse=True)
    total, count = np.bincount(owner, values), np.bincount(owner)
    means = _drawn_means(total, count, draws, np.random.default_rng(seed))
    low, high = np.quantile(means, (0.5 - LEVEL / 2, 0.5 + LEVEL / 2))
    return Interval(float(values.mean()), float(low), float(high), len(values))


def _drawn_means(total: NDArray[Any], count: NDArray[Any], draws: int, dice: np.random.Generator) -> Floats:
    times = dice.multinomial(len(total), np.full(len(total), 1.0 / len(total)), size=draws)  # (draws, works)
    return (times @ total) / (times @ count)
