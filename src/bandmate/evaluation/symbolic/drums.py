"""The drummer: pattern, backbeat, fills, and the bass beside the kick."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bandmate.evaluation.excerpt import TICKS, Excerpt, Floats
from bandmate.evaluation.symbolic.numbers import mean, share

KICKS, SNARES = (35, 36), (37, 38, 39, 40)  # rim and clap stand where snares do
HATS = (42, 44, 46, 51, 53, 59)
TOMS = (41, 43, 45, 47, 48, 50)
TOGETHER_TICKS = TICKS // 12  # kick and bass this close are one attack
LEAST_STROKES = 8


def _strokes(e: Excerpt, keys: tuple[int, ...]) -> np.ndarray:
    return e.drums[np.isin(e.drums["pitch"], keys)]


def a_bar(keys: tuple[int, ...]) -> Callable[[Excerpt], float]:
    """A measure: strokes of some drums a bar in which drums play."""

    def measured(e: Excerpt) -> float:
        bars = len(np.unique(e.drums["bar"]))
        return len(_strokes(e, keys)) / bars if bars else np.nan

    return measured


def kick_and_bass(e: Excerpt) -> float:
    """Share of kicks, in bars with bass, that a bass note begins with."""
    if e.bass is None or not len(e.drums):
        return np.nan
    kicks = _strokes(e, KICKS)
    kicks = kicks["ticks"][np.isin(kicks["bar"], e.bass.bar)]
    if len(kicks) < LEAST_STROKES:
        return np.nan
    after = np.searchsorted(e.bass.ticks, kicks)
    near = [np.abs(e.bass.ticks[np.clip(after + k, 0, len(e.bass) - 1)] - kicks) for k in (-1, 0)]
    return share(np.minimum(*near) <= TOGETHER_TICKS)


def downbeat_kicks(e: Excerpt) -> float:
    """Share of bars with kicks whose first place has one."""
    kicks = _strokes(e, KICKS)
    bars = np.unique(kicks["bar"])
    return share(np.isin(bars, kicks["bar"][kicks["cell"] == 0])) if len(kicks) >= LEAST_STROKES else np.nan


def backbeat(e: Excerpt) -> float:
    """Share of snare strokes (rims and claps too) on the second and fourth quarter; only in 4/4."""
    snares = _strokes(e, SNARES)
    if e.meter != (4, 4) or len(snares) < LEAST_STROKES:
        return np.nan
    return share(np.isin(snares["cell"], (4, 12)))


def drum_stability(e: Excerpt) -> float:
    """Mean likeness of each bar of drums to the bar that is most like all the others."""
    typical = _typicality(e)
    return mean(typical)


def _typicality(e: Excerpt) -> Floats:
    """Likeness of each bar to the one that is most like all the others; NaN where drums are silent."""
    likeness = e.drum_likeness
    heard = ~np.isnan(likeness.diagonal())
    if heard.sum() < 2:
        return np.full(e.bar_count, np.nan)
    centre = np.flatnonzero(heard)[likeness[np.ix_(heard, heard)].mean(1).argmax()]
    return likeness[centre]


def fills_every(bars: int) -> Callable[[Excerpt], float]:
    """A measure: how much less typical the bars before every so many bars' line are than the others.

    A window may begin anywhere in a phrase, so the lines are put where the difference is greatest.
    """

    def measured(e: Excerpt) -> float:
        odd = 1.0 - _typicality(e)
        if np.isnan(odd).sum() > e.bar_count / 4 or e.bar_count < 2 * bars:
            return np.nan
        place = np.arange(e.bar_count) % bars
        return max(mean(odd[place == k]) - mean(odd[place != k]) for k in range(bars))

    return measured


def tom_share(e: Excerpt) -> float:
    """Share of drum strokes on toms."""
    return share(np.isin(e.drums["pitch"], TOMS))
