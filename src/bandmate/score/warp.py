"""Where things lie in time: a score shifted, stretched, or counted in other ticks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ScoreError
from bandmate.score.model import Marker, Score, Track

MOST_TICKS_PER_QUARTER = 0x7FFF


def shift(score: Score, ticks: int) -> Score:
    """Everything in a score, so many ticks later."""

    def later(rows: NDArray[Any], column: str = "ticks") -> NDArray[Any]:
        rows = rows.copy()
        rows[column] += ticks
        return rows

    tracks = (
        replace(
            t, notes=later(t.notes, "onset_ticks"), events=later(t.events), end_ticks=t.end_ticks + ticks, notation=None
        )
        for t in score.tracks
    )
    return replace(
        score,
        tracks=tuple(tracks),
        tempos=later(score.tempos),
        meters=later(score.meters),
        keys=later(score.keys),
        markers=tuple(Marker(m.ticks + ticks, m.text) for m in score.markers),
        end_ticks=score.end_ticks + ticks if score.end_ticks else 0,
        notation=None,
    )


def warped(track: Track, place: Callable[[NDArray[Any]], NDArray[np.int64]]) -> Track:
    """A track with every tick mapped by a function that keeps their order; a note keeps at least a tick."""
    notes, events = track.notes.copy(), track.events.copy()
    end = place(notes["onset_ticks"] + notes["duration_ticks"])
    notes["onset_ticks"] = place(notes["onset_ticks"])
    some = (notes["duration_ticks"] > 0).astype(np.int64)
    notes["duration_ticks"] = np.maximum(end - notes["onset_ticks"], some)
    events["ticks"] = place(events["ticks"])
    end_ticks = int(place(np.array([track.end_ticks]))[0])
    return replace(track, notes=notes, events=events, end_ticks=end_ticks, notation=None)


def _scaled(score: Score, factor: Fraction) -> Score:
    """Every place in the score times a factor, to the nearest tick."""
    up, down = factor.numerator, factor.denominator

    def place(ticks: NDArray[Any]) -> NDArray[np.int64]:
        return (ticks * (2 * up) + down) // (2 * down)

    def rows(array: NDArray[Any]) -> NDArray[Any]:
        array = array.copy()
        array["ticks"] = place(array["ticks"])
        return array

    return replace(
        score,
        tracks=tuple(warped(track, place) for track in score.tracks),
        tempos=rows(score.tempos),
        meters=rows(score.meters),
        keys=rows(score.keys),
        markers=tuple(Marker(int(place(np.array([m.ticks]))[0]), m.text) for m in score.markers),
        end_ticks=int(place(np.array([score.end_ticks]))[0]),
        notation=None,
    )


def stretch(score: Score, factor: float) -> Score:
    """The score so many times as long at the same tempo: 2 makes eighths quarters, 0.5 the other way.

    Raises:
        ScoreError: the factor lies outside 1/16 to 16.
    """
    if not 1 / 16 <= factor <= 16:
        raise ScoreError(f"stretch {factor:g} is out of range; give 0.0625 to 16 (2 = twice as long)")
    return _scaled(score, Fraction(factor).limit_denominator(10_000))


def resample(score: Score, ticks_per_quarter: int) -> Score:
    """The same music in another resolution; places go to the nearest tick.

    Raises:
        ScoreError: the resolution lies outside 1 to 32767.
    """
    if not 1 <= ticks_per_quarter <= MOST_TICKS_PER_QUARTER:
        raise ScoreError(f"{ticks_per_quarter} ticks a quarter are out of range; give 1 to 32767")
    scaled = _scaled(score, Fraction(ticks_per_quarter, score.ticks_per_quarter))
    header = None if score.header is None else replace(score.header, division=ticks_per_quarter)
    return replace(scaled, ticks_per_quarter=ticks_per_quarter, header=header)
