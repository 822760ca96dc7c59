"""Walking lines: a bass that walks keeps the way the groove book found; the model gives it touch and time.

What the shipped model may learn from holds hardly any jazz: left to itself its bass stays on the root, and who comps
strikes every beat. A line that walks is told by its notes, one on every beat and most a step or a third from the last.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import genre
from bandmate.generation.groove import asked_density
from bandmate.generation.task import Lock
from bandmate.score.plan import Plan
from bandmate.tokenizers.grid_table import STEPS_PER_QUARTER

_NEAR = 4  # steps: as far as a player is early or late
_STEP = 4  # semitones: up to a third
_SHARE = 0.6  # of the moves of a bar that are no larger
_TONES = 3  # pitch classes in a bar, at least: octaves and fifths to and fro do not walk
_KEPT = {"bass": "same", "chords": "rhythm"}
_AS_USUAL = 0.1  # how far a density may be from usual, as a logarithm: a line that walks is as busy as it is


def walking_cells(plan: Plan, pattern: NDArray[Any]) -> dict[tuple[int, int], str]:
    """What cells (track, bar) keep of a pattern: "same" or "rhythm".

    A bass keeps its line where it walks; in jazz it keeps all that it plays, and who comps keeps the rhythm. Those that
    were asked to be busier or sparser, or are locked, keep nothing.
    """
    usual = np.abs(asked_density(plan)) <= _AS_USUAL
    jazz = genre(plan.genre)["family"] == "jazz"
    found: dict[tuple[int, int], str] = {}
    for index, track in enumerate(plan.tracks):
        form = _KEPT.get(track.role)
        if form is None or track.lock or not usual[index] or not (jazz or form == "same"):
            continue
        notes = pattern[pattern["track"] == index]
        bars = np.unique(notes["bar"]).tolist() if jazz else _walked(notes, plan)
        found |= {(index, bar): form for bar in bars}
    return found


def _walked(notes: NDArray[Any], plan: Plan) -> list[int]:
    """The bars of a line that have a note on every beat, most of them a step or a third from the last."""
    numerator, denominator = plan.meter
    whole = 4 * STEPS_PER_QUARTER
    beat = whole // denominator * (3 if denominator == 8 and numerator % 3 == 0 else 1)
    beats = numerator * whole // denominator // beat
    at = notes["bar"].astype(int) * numerator * whole // denominator + notes["position"]
    nearest = np.rint(at / beat).astype(int)
    near = np.abs(at - nearest * beat) <= _NEAR
    pitch = dict(zip(nearest[near].tolist(), notes["pitch"][near].astype(int).tolist(), strict=True))
    found = []
    for bar in range(plan.bars):
        line = [pitch.get(bar * beats + count) for count in range(beats)]
        if beats >= _TONES and None not in line and _by_step(np.array(line)):
            found.append(bar)
    return found


def _by_step(line: NDArray[np.int64]) -> bool:
    moves = np.abs(np.diff(line))
    return bool(((moves > 0) & (moves <= _STEP)).mean() >= _SHARE and len(np.unique(line % 12)) >= _TONES)


def walks_of(
    plan: Plan, pattern: NDArray[Any], track: NDArray[np.int64], bar: NDArray[np.int64]
) -> tuple[list[Lock | None], NDArray[Any]]:
    """For each of some cells the line it takes over, if its bass walks, and the notes of these lines.

    A lock names the line of a track as `line_of(track)`, as no cell does.
    """
    cells = walking_cells(plan, pattern)
    locks = [Lock(cells[place], line_of(place[0]), place[1]) if place in cells else None
             for place in zip(track.tolist(), bar.tolist(), strict=True)]  # fmt: skip
    here = [place in cells for place in zip(pattern["track"].tolist(), pattern["bar"].tolist(), strict=True)]
    return locks, pattern[np.array(here, bool)]


def line_of(track: int) -> int:
    """The number under which a track's line is known beside its cells."""
    return -1 - track
