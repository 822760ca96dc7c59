"""What comes again: bars held against bars one, four and eight later, repeats and varied repeats."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bandmate.evaluation.excerpt import Excerpt, Floats
from bandmate.evaluation.symbolic.numbers import mean, share

SAME, AKIN = 0.95, 0.5  # likeness of a bar and an earlier one from which it is a repeat, or a varied repeat


def at_lag(likeness: Callable[[Excerpt], Floats], lag: int) -> Callable[[Excerpt], float]:
    """A measure: mean likeness of bars so many bars apart."""
    return lambda e: mean(np.diagonal(likeness(e), lag)) if e.bar_count > lag else np.nan


def best_before(likeness: Floats) -> Floats:
    """Likeness of each bar to the most alike earlier one, from the second bar with notes on."""
    earlier = np.where(np.tri(len(likeness), k=-1, dtype=bool), np.nan_to_num(likeness, nan=-1.0), -1.0)
    best = earlier.max(1)
    return best[best >= 0]


def repeated_bars(e: Excerpt) -> float:
    """Share of bars that were there before."""
    return share(best_before(e.likeness) >= SAME)


def varied_bars(e: Excerpt) -> float:
    """Share of bars that vary an earlier one: half alike or more, yet not the same."""
    best = best_before(e.likeness)
    return share((best >= AKIN) & (best < SAME))
