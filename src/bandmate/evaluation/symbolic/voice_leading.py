"""How voices move against each other."""

from __future__ import annotations

import numpy as np

from bandmate.evaluation.excerpt import COMPING, EARLY, Excerpt
from bandmate.evaluation.symbolic.numbers import mean, share

LEAST_MOVES = 8


def _parallels(e: Excerpt, interval: int) -> float:
    """Share of moves of both melody and bass that keep a perfect interval between them."""
    if e.melody is None or e.bass is None:
        return np.nan
    under = np.searchsorted(e.bass.ticks, e.melody.ticks + EARLY, side="right") - 1
    heard = under >= 0
    top, low = e.melody.pitch[heard], e.bass.pitch[under[heard]]
    both = (np.diff(top) != 0) & (np.diff(low) != 0)
    if both.sum() < LEAST_MOVES:
        return np.nan
    kept = (top - low) % 12 == interval
    return share((kept[:-1] & kept[1:])[both])


def parallel_fifths(e: Excerpt) -> float:
    """Of moves of both melody and bass, those from fifth to fifth."""
    return _parallels(e, 7)


def parallel_octaves(e: Excerpt) -> float:
    """Of moves of both melody and bass, those from octave to octave."""
    return _parallels(e, 0)


def bass_interval(e: Excerpt) -> float:
    """Mean distance from bass note to bass note."""
    moves = np.abs(e.bass.moves) if e.bass is not None else np.zeros(0)
    return float(moves.mean()) if len(moves) >= LEAST_MOVES else np.nan


def comping_motion(e: Excerpt) -> float:
    """Mean way of each chord voice to the nearest note of the next chord, where the chord changes."""
    moves = [e.view.tracks[index].steps_to_next for index in e.tracks_of(*COMPING)]
    found = np.concatenate(moves) if moves else np.zeros(0)
    return mean(found[found > 0])
