"""What music has of what was asked, as numbers: the report says them, and no repair makes one of them worse."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.score.plan import Plan

Notes = NDArray[Any]
Bools = NDArray[np.bool_]

ENOUGH_IN_CHORDS = (3, 4)  # passing tones belong to music: three quarters of the time in the chord count as met
_COMPING = ("chords", "pad", "bass")


def most_at_once(notes: Notes) -> int:
    """Most notes that sound at once; a note that ends where the next begins does not overlap it."""
    long = notes[notes["duration_ticks"] > 0]
    if not len(long):
        return int(len(notes) > 0)
    ticks = np.concatenate([long["onset_ticks"] + long["duration_ticks"], long["onset_ticks"]])
    steps = np.repeat([-1, 1], len(long))
    return int(np.cumsum(steps[np.lexsort((steps, ticks))]).max())


def in_chord(plan: Plan, notes: Notes, ticks_per_quarter: int) -> Bools:
    """Which notes are tones of the chord they begin in; players hurry, so half a step of the grid is forgiven."""
    chords = plan.sounding_chords
    tones = np.array([[pc in chord.pitch_classes for pc in range(12)] for chord in chords], bool)  # (parts, 12)
    onset = notes["onset_ticks"] + ticks_per_quarter // 48
    bar_ticks = ticks_per_quarter * 4 * plan.meter[0] // plan.meter[1]
    part = np.clip(plan.parts * onset // bar_ticks, 0, len(tones) - 1)
    return tones[part, notes["pitch"] % 12]


def in_key(plan: Plan, notes: Notes, ticks_per_quarter: int) -> Bools:
    """Which notes the key has, or the chord where chords bind."""
    inside = np.isin(np.arange(12), list(plan.key.lock))[notes["pitch"] % 12]
    return inside | in_chord(plan, notes, ticks_per_quarter) if plan.chord_lock and len(notes) else inside


def comping(plan: Plan) -> tuple[int, ...]:
    """Tracks by which stated chords are measured: those that comp, else all that have pitches."""
    found = tuple(i for i, track in enumerate(plan.tracks) if track.role in _COMPING)
    return found or tuple(i for i, track in enumerate(plan.tracks) if not track.is_drum)
