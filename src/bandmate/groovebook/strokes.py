"""Strokes: the notes of a track as a player meant them: a place on the straight grid, and how far off it was played.

Swing is taken off first (`unbent`), so that straight and swung clips have the same places. Each beat is then read on
the grid that tells it shortest: 16ths, triplets, 32nds or sixths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.descriptors import piece_view
from bandmate.analysis.meter import place, score_bars
from bandmate.analysis.texture import swing_pairs
from bandmate.analysis.voices import estimate_roles
from bandmate.groovebook.drum_touch import VOICES, voice_numbers
from bandmate.score.model import Score
from bandmate.score.timeline import ticks_to_seconds

GROUPS = (*VOICES, "other drums", "bass", "chords", "melody")
_BASS, _CHORDS, _MELODY = len(VOICES) + 1, len(VOICES) + 2, len(VOICES) + 3
_SUBDIVISIONS = (4, 3, 8, 6)
_SPREAD = 0.04  # quarters: how far off a stroke lies as a rule
_SWUNG = {1: 0.54, 2: 0.56}  # of a pair of eighths, of sixteenths: from here on it is meant
_FEWEST_PAIRS = 8
PLACES_A_QUARTER = 4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Swing:
    """Where the off note of each pair lies (0.5 = straight), and pairs a quarter: 1 of eighths, 2 of sixteenths."""

    amount: float = 0.5
    pairs: int = 1

    def bent(self, quarters: Floats) -> Floats:
        """Straight places as they are swung."""
        return self._mapped(quarters, 0.5, self.amount)

    def unbent(self, quarters: Floats) -> Floats:
        """Swung places as they would be straight."""
        return self._mapped(quarters, self.amount, 0.5)

    def _mapped(self, quarters: Floats, knot: float, to: float) -> Floats:
        at = quarters * self.pairs
        whole = np.floor(at)
        part = at - whole
        moved = np.where(part < knot, part * to / knot, to + (part - knot) * (1 - to) / (1 - knot))
        return (whole + moved) / self.pairs


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """The notes of one track, one row a note, in its order.

    Attributes:
        bar: of the piece, from 0; group: row of GROUPS; place: 16th of the bar.
        straight: place in the bar without swing, quarters; late_ms: how much later than that, swung, it was played.
        velocity: 1..127; lead: for each note the row whose timing it follows (chords and flams move as one).
        sec_per_quarter: at each note; track: which one it is of the piece.
    """

    bar: NDArray[np.int64]
    group: NDArray[np.int64]
    place: NDArray[np.int64]
    straight: Floats
    late_ms: Floats
    velocity: Floats
    lead: NDArray[np.int64]
    sec_per_quarter: Floats
    track: int = 0


def swing_of(score: Score, bars: NDArray[Any] | None = None) -> Swing:
    """The swing of a piece by the middle place of its off notes; straight where it has none or too few."""
    view = piece_view(score, bars).together
    for pairs in (1, 2):
        found = swing_pairs(view, pairs)[1]
        if len(found) >= _FEWEST_PAIRS and float(np.median(found)) >= _SWUNG[pairs]:
            return Swing(round(float(np.median(found)), 4), pairs)
    return Swing()


def groups_of(score: Score) -> list[int | None]:
    """What each track is felt as: None for drums, whose keys tell, else a row of GROUPS."""
    roles = estimate_roles(score, use_program=True, use_name=True)
    kinds = {"bass": _BASS, "melody": _MELODY, "lead": _MELODY}
    return [None if t.is_drum else kinds.get(r.role, _CHORDS) for t, r in zip(score.tracks, roles, strict=True)]


def strokes_of(score: Score, index: int, group: int | None, swing: Swing, bars: NDArray[Any]) -> Strokes:
    """Read one track.

    Args:
        score: any score.
        index: of the track.
        group: from `groups_of`.
        swing: of the piece.
        bars: from `analysis.meter.score_bars`.
    """
    notes, tpq = score.tracks[index].notes, float(score.ticks_per_quarter)
    where = place(notes["onset_ticks"], bars, tpq)
    groups = voice_numbers()[notes["pitch"]] if group is None else np.full(len(notes), group)
    straight = _on_grid(where.bar, swing.unbent(where.quarters))
    seconds = ticks_to_seconds(score, bars["start_ticks"] + bars["length_ticks"]) - ticks_to_seconds(
        score, bars["start_ticks"]
    )
    sec_per_quarter = (seconds / (bars["length_ticks"] / tpq))[where.bar]
    late_ms = (where.quarters - swing.bent(straight)) * sec_per_quarter * 1000
    velocity = notes["velocity"].astype(np.float64)
    places = np.floor(straight * PLACES_A_QUARTER + 1e-6).astype(np.int64)
    return Strokes(
        where.bar, groups.astype(np.int64), np.maximum(places, 0), straight, late_ms, velocity,
        _leads(where.bar, groups, straight, velocity), sec_per_quarter, index,
    )  # fmt: skip


def meter_of(bars: NDArray[Any]) -> tuple[int, int]:
    """Meter of the first bar."""
    return int(bars["numerator"][0]), int(bars["denominator"][0])


def _on_grid(bar: NDArray[np.int64], quarters: Floats) -> Floats:
    """The grid place that each note means, in quarters of its bar."""
    beat = np.unique(bar * 1024 + np.floor(quarters + 0.1).astype(np.int64) + 1, return_inverse=True)[1]
    snapped = np.array([np.rint(quarters * parts) / parts for parts in _SUBDIVISIONS])
    off = (snapped - quarters) / _SPREAD
    price = np.log(_SUBDIVISIONS)[:, None] + 0.5 * off * off
    total = np.array([np.bincount(beat, row) for row in price]) if len(quarters) else np.zeros((4, 0))
    return snapped[total.argmin(0)[beat], np.arange(len(quarters))]


def _leads(bar: NDArray[Any], group: NDArray[Any], straight: Floats, velocity: Floats) -> NDArray[np.int64]:
    """The loudest note of each chord or flam, for every note."""
    stroke = np.stack([bar, group, np.rint(straight * 24).astype(np.int64)], 1)
    inverse = np.unique(stroke, axis=0, return_inverse=True)[1].ravel()
    lead = np.zeros(int(inverse.max(initial=-1)) + 1, np.int64)
    order = np.argsort(velocity, kind="stable")
    lead[inverse[order]] = order  # the last one written is the loudest
    return lead[inverse]


def strokes_of_all(score: Score) -> tuple[list[Strokes], Swing, NDArray[Any]]:
    """Every track of a piece read, with its swing and its bars."""
    bars = score_bars(score)
    swing, groups = swing_of(score, bars), groups_of(score)
    return [strokes_of(score, i, group, swing, bars) for i, group in enumerate(groups)], swing, bars
