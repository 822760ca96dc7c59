"""Bars and beats under changing meter, and where notes lie in them.

A beat is what a foot taps: the quarter in simple meter, the dotted quarter in 6/8, 9/8, 12/8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandmate.score.model import Score
from bandmate.score.timeline import bar_grid

STEPS_PER_QUARTER = 24  # the grid of cells; a note within half a step before a bar line belongs to the next bar
BEAT = np.dtype([("ticks", "<i8"), ("bar", "<i4"), ("beat", "<i4"), ("strength", "u1")])


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """Where notes lie.

    Attributes:
        bar: index of the bar that holds each note; int (n,).
        quarters: distance from the start of that bar in quarter notes, from -1/48; float (n,).
    """

    bar: NDArray[np.int64]
    quarters: NDArray[np.float64]


def beat_quarters(numerator: int, denominator: int) -> float:
    """Length of a beat in quarter notes: 1.0, or 1.5 and the like in compound meter."""
    compound = numerator % 3 == 0 and numerator > 3 and denominator >= 8
    return 12.0 / denominator if compound else 1.0


def is_compound(bars: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each bar is in compound meter (6/8, 9/8, 12/8 ...); bool (n_bars,)."""
    return (bars["numerator"] % 3 == 0) & (bars["numerator"] > 3) & (bars["denominator"] >= 8)


def bar_beat_quarters(bars: NDArray[Any]) -> NDArray[np.float64]:
    """Length of a beat in each bar, in quarter notes; float (n_bars,)."""
    return np.where(is_compound(bars), 12.0 / bars["denominator"], 1.0)


def quarter_ticks(bars: NDArray[Any]) -> float:
    """Ticks a quarter as the bars imply; the longest wins, since a change of meter may cut a bar short."""
    return float((bars["length_ticks"] * bars["denominator"] / (4.0 * bars["numerator"])).max())


def score_bars(score: Score) -> NDArray[Any]:
    """The bars of a score to the end of its last note or of its asked length (see `timeline.bar_grid`).

    A last bar that only holds the decay of earlier notes, less than half a step, is left off.
    """
    return bar_grid(score, max(1, score.last_ticks)) if score.end_ticks else bars_to(score, score.last_ticks)


def bars_to(score: Score, last_ticks: int) -> NDArray[Any]:
    """The bars of a score to the end of a last note, whatever length was asked of the score."""
    return bar_grid(score, max(1, last_ticks - score.ticks_per_quarter // (2 * STEPS_PER_QUARTER)))


def place(onset_ticks: ArrayLike, bars: NDArray[Any], ticks_per_quarter: float | None = None) -> Positions:
    """Find bar and place in the bar of each onset; an onset up to 1/48 quarter early counts in the next bar."""
    onset = np.asarray(onset_ticks, np.int64)
    per_quarter = quarter_ticks(bars) if ticks_per_quarter is None else ticks_per_quarter
    early = int(per_quarter / (2 * STEPS_PER_QUARTER))
    bar = np.searchsorted(bars["start_ticks"], onset + early, side="right") - 1
    np.maximum(bar, 0, out=bar)
    return Positions(bar, (onset - bars["start_ticks"][bar]) / per_quarter)


def beats(score: Score, bars: NDArray[Any] | None = None) -> NDArray[Any]:
    """Every beat of a score.

    Returns:
        BEAT array by ticks: bar and beat count from 0; strength 2 on a downbeat, 1 at the middle of a bar of an
        even number of beats, else 0.
    """
    bars = score_bars(score) if bars is None else bars
    bar, beat, count, ticks = _beat_places(score, bars)
    result = np.zeros(len(bar), BEAT)
    result["ticks"], result["bar"], result["beat"] = ticks, bar, beat
    middle = (count[bar] % 2 == 0) & (beat * 2 == count[bar])
    result["strength"] = np.where(beat == 0, 2, np.where(middle, 1, 0))
    return result


def beat_starts(score: Score, bars: NDArray[Any]) -> NDArray[np.int64]:
    """Where each beat of some bars begins; int (beats,) ticks."""
    return _beat_places(score, bars)[3]


def _beat_places(score: Score, bars: NDArray[Any]) -> tuple[NDArray[np.int64], ...]:
    """Bar and number of each beat, beats of each bar, ticks of each beat."""
    length = np.maximum(1.0, bar_beat_quarters(bars) * score.ticks_per_quarter)  # (n_bars,) ticks a beat
    count = np.maximum(1, np.ceil(bars["length_ticks"] / length - 1e-9).astype(np.int64))
    bar = np.arange(len(bars)).repeat(count)
    beat = np.arange(len(bar)) - (np.cumsum(count) - count)[bar]
    return bar, beat, count, bars["start_ticks"][bar] + np.rint(beat * length[bar]).astype(np.int64)


def half_bar_edges(bars: NDArray[Any]) -> NDArray[np.int64]:
    """Where half bars start and end: two a bar, the first ending on a beat; int (2 * n_bars + 1,) ticks.

    A bar of an odd number of beats gives the first half the larger part (3/4: two beats and one).
    """
    per_quarter = quarter_ticks(bars)
    beat = bar_beat_quarters(bars) * per_quarter
    count = bars["length_ticks"] / beat
    first = np.where(count > 1, np.ceil(count / 2 - 1e-9) * beat, bars["length_ticks"] / 2)
    edges = np.empty(2 * len(bars) + 1, np.int64)
    edges[0:-1:2] = bars["start_ticks"]
    edges[1::2] = bars["start_ticks"] + np.minimum(first, bars["length_ticks"]).astype(np.int64)
    edges[-1] = bars["start_ticks"][-1] + bars["length_ticks"][-1]
    return edges


def main_meter(bars: NDArray[Any]) -> tuple[int, int]:
    """The meter that most time is spent in."""
    meters, index = np.unique(np.stack([bars["numerator"], bars["denominator"]], 1), axis=0, return_inverse=True)
    longest = np.bincount(index.ravel(), weights=bars["length_ticks"]).argmax()
    return int(meters[longest][0]), int(meters[longest][1])
