"""Places in a score: ticks to seconds and back, and bars under changing meter."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandmate.errors import ScoreError
from bandmate.score.model import Score

DEFAULT_US_PER_QUARTER = 500_000
MOST_BARS = 200_000

BAR = np.dtype([("start_ticks", "<i8"), ("length_ticks", "<i8"), ("numerator", "<i4"), ("denominator", "<i4")])


_METER = ("ticks", "numerator", "denominator")


def _tempo_segments(score: Score) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    tempos = score.tempos
    tempos = tempos[np.argsort(tempos["ticks"], kind="stable")]
    ticks, us = tempos["ticks"], tempos["us_per_quarter"]
    keep = np.append(ticks[1:] != ticks[:-1], True) if len(ticks) else np.zeros(0, bool)  # the last at a tick wins
    ticks, us = ticks[keep], us[keep]
    if not len(ticks) or ticks[0] > 0:
        ticks, us = np.append(0, ticks), np.append(DEFAULT_US_PER_QUARTER, us)
    sec_per_tick = us * 1e-6 / score.ticks_per_quarter
    elapsed_sec = np.append(0.0, np.cumsum(np.diff(ticks) * sec_per_tick[:-1]))
    return ticks, elapsed_sec, sec_per_tick


def ticks_to_seconds(score: Score, ticks: ArrayLike) -> NDArray[np.float64]:
    """Place score positions on the clock; float64 seconds, one a position, any order."""
    start, elapsed_sec, sec_per_tick = _tempo_segments(score)
    at = np.asarray(ticks, np.int64)
    row = np.clip(np.searchsorted(start, at, side="right") - 1, 0, None)
    return np.asarray(elapsed_sec[row] + (at - start[row]) * sec_per_tick[row], np.float64)


def seconds_to_ticks(score: Score, seconds: ArrayLike) -> NDArray[np.int64]:
    """Place clock times in the score, to the nearest tick."""
    start, elapsed_sec, sec_per_tick = _tempo_segments(score)
    at = np.asarray(seconds, np.float64)
    row = np.clip(np.searchsorted(elapsed_sec, at, side="right") - 1, 0, None)
    return np.rint(start[row] + (at - elapsed_sec[row]) / np.maximum(sec_per_tick[row], 1e-12)).astype(np.int64)


def plain_bpm(us_per_quarter: int) -> float:
    """Quarter notes a minute in the fewest digits that lead back to the same microseconds.

    >>> plain_bpm(1_071_429), plain_bpm(500_000)
    (56.0, 120.0)
    """
    bpm = 60e6 / us_per_quarter
    return next(
        (near for near in (round(bpm, digits) for digits in range(6)) if near and round(60e6 / near) == us_per_quarter),
        bpm,
    )


def bar_grid(score: Score, until_ticks: int | None = None) -> NDArray[Any]:
    """The bars of a score under its meter map; at least one.

    A meter change inside a bar cuts that bar short. Bars reach to `until_ticks` (default: the score's length).

    Returns:
        BAR array, consecutive: start_ticks[i] + length_ticks[i] == start_ticks[i + 1].

    Raises:
        ScoreError: there would be more than MOST_BARS, which only damaged waits or meters make.
    """
    end = max(1, score.last_ticks if until_ticks is None else until_ticks)
    meters = sorted(zip(*(score.meters[name].tolist() for name in _METER), strict=True), key=itemgetter(0))
    changes = [(ticks, max(1, numerator), max(1, denominator)) for ticks, numerator, denominator in meters]
    if not changes or changes[0][0] > 0:
        changes.insert(0, (0, 4, 4))
    pieces = []
    for index, (start, numerator, denominator) in enumerate(changes):
        stop = changes[index + 1][0] if index + 1 < len(changes) else end
        if index + 1 == len(changes) or stop > end:
            stop = end
        if stop <= start:
            continue
        length = max(1, score.ticks_per_quarter * 4 * numerator // denominator)
        count = -(-(stop - start) // length)
        if count > MOST_BARS:
            raise ScoreError(
                f"the score has {count} bars of {numerator}/{denominator} from tick {start} on, more than {MOST_BARS}; "
                "trim it or mend its meter"
            )
        bars = np.zeros(count, BAR)
        bars["start_ticks"] = start + np.arange(count) * length
        bars["length_ticks"] = length
        bars["numerator"], bars["denominator"] = numerator, denominator
        if index + 1 < len(changes) and changes[index + 1][0] < end:
            bars["length_ticks"][-1] = stop - bars["start_ticks"][-1]
        pieces.append(bars)
    return np.concatenate(pieces)


def bar_of(bars: NDArray[Any], ticks: ArrayLike) -> NDArray[np.int64]:
    """Index of the bar that holds each tick; ticks past the end fall in the last bar."""
    return np.searchsorted(bars["start_ticks"], np.asarray(ticks, np.int64), side="right") - 1


def meter_runs(bars: NDArray[Any], ticks_per_quarter: int) -> list[tuple[int, int]]:
    """Stretches of bars in one meter: (first, last), counted from 0, both in; a bar cut short ends its stretch."""
    full = np.maximum(1, ticks_per_quarter * 4 * bars["numerator"] // bars["denominator"])
    other = (bars["numerator"][1:] != bars["numerator"][:-1]) | (bars["denominator"][1:] != bars["denominator"][:-1])
    ends = np.flatnonzero(other | (bars["length_ticks"][:-1] != full[:-1]))
    return list(zip([0, *(ends + 1).tolist()], [*ends.tolist(), len(bars) - 1], strict=True))
