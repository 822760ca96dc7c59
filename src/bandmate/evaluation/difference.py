"""Difference: how unlike two scores are, and a choice of good ones that are unlike each other.

Two scores are laid on one grid of sixteenths. A part of one is held against the same part of the other (drums against
drums, bass against bass, melody against melody, the rest against the rest): which cells it strikes (rhythm), and with
which pitches or drum keys. Pitches count without octave and at the transposition that makes the two most alike, since a
tune in another key is the same tune; so pieces in any two keys compare, people's and takes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bandmate.evaluation.excerpt import COMPING, TUNES, Excerpt, excerpt_of
from bandmate.score.model import Score

PART_NAMES = ("drums", "bass", "melody", "chords")
PARTS = (("drums", "perc"), ("bass",), TUNES, (*COMPING, "strings", "brass", "vox", "fx", ""))
DIVERSITY = 0.5  # how much of its quality a take may cost to be unlike those that are chosen already
_CELLS_A_BAR = 256  # more than any bar has

Bools = NDArray[np.bool_]


def difference(first: Score | Excerpt, second: Score | Excerpt) -> float:
    """How unlike two scores are: 0 = the same strokes, 1 = none in common; NaN where they share no part.

    Args:
        first: a score or an excerpt of one.
        second: another; bars beyond the shorter of the two do not count.
    """
    found = _shared_parts(first, second)
    if not found:
        return float("nan")
    rhythm = [_dice(np.any(mine, axis=1), np.any(theirs, axis=1)) for mine, theirs in found.values()]
    return 1.0 - (float(np.mean(rhythm)) + float(max(_pitches(found).mean(0)))) / 2


def differences_by_part(first: Score | Excerpt, second: Score | Excerpt) -> dict[str, float]:
    """The same part by part, by PART_NAMES; their mean is `difference`. Parts that one of them lacks are left out."""
    found = _shared_parts(first, second)
    if not found:
        return {}
    pitches = _pitches(found)
    best = pitches[:, pitches.mean(0).argmax()]
    rhythm = {name: _dice(np.any(mine, axis=1), np.any(theirs, axis=1)) for name, (mine, theirs) in found.items()}
    return {name: 1.0 - (rhythm[name] + float(pitch)) / 2 for name, pitch in zip(found, best, strict=True)}


def _shared_parts(first: Score | Excerpt, second: Score | Excerpt) -> dict[str, tuple[Bools, Bools]]:
    """The strokes of the parts that both have."""
    one, two = (each if isinstance(each, Excerpt) else excerpt_of(each) for each in (first, second))
    bars = min(one.bar_count, two.bar_count)
    both = {name: (_strokes(one, part, bars), _strokes(two, part, bars)) for part, name in enumerate(PART_NAMES)}
    return {name: pair for name, pair in both.items() if pair[0].any() and pair[1].any()}


def _pitches(found: dict[str, tuple[Bools, Bools]]) -> NDArray[np.float64]:
    """How alike the pitches of each part are at each transposition; (parts, 12)."""
    return np.array([[_dice(mine, _moved(theirs, by)) for by in range(12)] for mine, theirs in found.values()])


def _strokes(e: Excerpt, part: int, bars: int) -> Bools:
    """Which cells a part strikes with which pitch class (drum key); bool (bars * cells, 12 or 128)."""
    rows = e.notes[np.isin(e.notes["track"], e.tracks_of(*PARTS[part])) & (e.notes["bar"] < bars)]
    drums = PARTS[part][0] == "drums"
    table = np.zeros((bars * _CELLS_A_BAR, 128 if drums else 12), bool)
    cell = rows["bar"] * _CELLS_A_BAR + np.minimum(rows["cell"], _CELLS_A_BAR - 1)
    table[cell, rows["pitch"] if drums else rows["pitch"] % 12] = True
    return table


def _moved(table: Bools, semitones: int) -> Bools:
    return table if table.shape[1] == 128 else np.roll(table, semitones, axis=1)


def _dice(one: Bools, two: Bools) -> float:
    return 2 * float((one & two).sum()) / max(1, int(one.sum() + two.sum()))


def choose(quality: Sequence[float], alike: Sequence[float]) -> int:
    """The one that is good and unlike those that are chosen already (maximal marginal relevance).

    Args:
        quality: of each candidate, 0..1.
        alike: how alike each is to the most similar one that is chosen, 0..1; all 0 if none is.

    >>> choose([0.9, 0.8], [0.0, 0.0]), choose([0.9, 0.8], [0.9, 0.2])
    (0, 1)
    """
    return int(np.argmax(np.asarray(quality) - DIVERSITY * np.asarray(alike)))
