"""Setting: music that is there, made ready for the groove book to play round it: a melody as rows, chords without gaps,
a plan that lets it sound.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.groovebook.cells import TPQ, grid_of
from bandmate.groovebook.stage import MELODY, Note
from bandmate.score.pitch import Chord, Key
from bandmate.score.plan import Plan

SNAP_TICKS = 30  # what lies so near a 16th or a triplet was meant there


def _snapped(ticks: NDArray[Any], triplets: bool) -> NDArray[Any]:
    for step in (120, 160):
        near = np.rint(ticks / step).astype(np.int64) * step
        ticks = np.where(np.abs(ticks - near) <= SNAP_TICKS, near, ticks)
    if triplets:  # straight 8ths become the long and the short of a shuffle
        inside = ticks % TPQ
        bent = np.where(inside <= 240, inside * 4 // 3, 320 + (inside - 240) * 2 // 3)
        ticks = ticks - inside + bent
    return ticks


def melody_rows(notes: NDArray[Any], start: int, end: int, triplets: bool) -> list[Note]:
    """The top voice of what begins between two ticks, on the grid, counted from the first; 480 ticks a quarter.

    With `triplets` straight eighths become the long and the short of a shuffle.
    """
    inside = notes[(notes["onset_ticks"] >= start - SNAP_TICKS) & (notes["onset_ticks"] < end - SNAP_TICKS)]
    onset = np.maximum(0, _snapped(inside["onset_ticks"] - start, triplets))
    stop = np.minimum(_snapped(inside["onset_ticks"] + inside["duration_ticks"] - start, triplets), end - start)
    loud = inside["velocity"].astype(float)
    spread = loud - loud.mean() if len(loud) else loud
    out: dict[int, Note] = {}
    for on, off, pitch, touch in zip(
        onset.tolist(), stop.tolist(), inside["pitch"].tolist(), spread.tolist(), strict=True
    ):
        if on not in out or out[on].pitch < pitch:  # a melody is its top voice
            out[on] = Note(on, max(30, off - on), pitch, 84.0 + 0.6 * touch, MELODY)
    rows = sorted(out.values())
    return [
        row._replace(duration_ticks=max(20, min(row.duration_ticks, after.ticks - row.ticks))) if after else row
        for row, after in zip(rows, [*rows[1:], None], strict=True)
    ]


def without_gaps(chords: tuple[Chord | None, ...], tonic: Key) -> tuple[Chord, ...]:
    """Chords that go on where nothing was heard; before the first it is the first, without any the tonic."""
    out: list[Chord] = []
    first = next((c for c in chords if c is not None), Chord(tonic.tonic, "min" if tonic.is_minor else "maj"))
    for chord in chords:
        out.append(chord if chord is not None else out[-1] if out else first)
    return tuple(out)


def seated(plan: Plan, track: int, rows: list[Note]) -> tuple[Plan, list[Note]]:
    """The melody moved by octaves into its instrument's range, and the plan opened for what still lies outside."""
    who = plan.tracks[track]
    pitches = np.array([row.pitch for row in rows])
    octaves = 12 * round(((who.low + who.high) / 2 - float(np.median(pitches))) / 12)
    pitches = pitches + octaves
    low, high = int(min(who.low, pitches.min())), int(max(who.high, pitches.max()))
    if low < 0 or high > 127:
        octaves, low, high = 0, 0, 127
    tracks = list(plan.tracks)
    tracks[track] = replace(who, low=low, high=high)
    active = plan.active.copy()
    bar_ticks = grid_of(plan.genre, plan.meter).bar_ticks
    active[track] = False
    for row in rows:
        last = (row.ticks + row.duration_ticks - 1) // bar_ticks
        active[track, row.ticks // bar_ticks : last + 1] = True
    others = [t for t in range(len(tracks)) if t != track]
    if others:  # a bar in which the singer breathes is not silent
        active[others[0], ~active.any(0)] = True
    extra = plan.extra | {"ending": "loop"}
    opened = replace(plan, tracks=tuple(tracks), active=active, extra=extra)
    return opened, [row._replace(pitch=row.pitch + octaves) for row in rows]
