"""Drum patterns and bass cells of a piece, in the letters of the genre table, so that the rules engine can play them.

Drums: one or two bars of sixteenths, one string a voice, `X` accent, `x` normal, `o` soft, `.` rest, `|` bar line.
Bass: one bar of sixteenths as tokens against the chord's root, `R`, `5`, `b7`, `8` ..., `-` held, `.` rest.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import load_table
from bandmate.analysis.meter import place
from bandmate.score.model import Score
from bandmate.score.pitch import Chord

STEPS = 16
KEPT = 12  # patterns a piece at most, of each kind
ACCENT, SOFT = 105, 50  # velocities: above = accent, below = soft or ghost
_EXTRA_KEYS = {
    35: "kick",
    40: "snare",
    44: "closed_hat",
    57: "crash",
    59: "ride",
    48: "tom_m",
    45: "tom_m",
    41: "tom_l",
}
_TOKENS = ("R", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7")


def _voices() -> dict[int, str]:
    names = load_table("genres")["_meta"]["drum_notes"]
    keys: dict[int, str] = {}
    for voice, key in names.items():
        keys.setdefault(int(key), voice)
    return {**keys, **_EXTRA_KEYS}


def patterns_of(
    score: Score, bars: NDArray[Any], roles: Sequence[str], chords: Sequence[str]
) -> tuple[tuple[str, str, int, int], ...]:
    """The patterns a piece repeats most, in its bars of four quarters.

    Args:
        score: the piece.
        bars: its bars.
        roles: one a track.
        chords: two a bar, "" = none.

    Returns:
        (kind, text, bars, times heard), most heard first; kind is "drums" (text = JSON object voice -> string) or
        "bass" (text = tokens with blanks between).
    """
    whole = (bars["length_ticks"] == 4 * score.ticks_per_quarter).nonzero()[0]
    found = [*_drum_patterns(score, bars, whole), *_bass_cells(score, bars, whole, roles, chords)]
    return tuple(found)


def _steps(notes: NDArray[Any], bars: NDArray[Any], ticks_per_quarter: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Bar and sixteenth of each note; a note that rounds to the next bar line belongs there."""
    places = place(notes["onset_ticks"], bars, ticks_per_quarter)
    step = np.rint(places.quarters * 4).astype(np.int64)
    return places.bar + (step >= STEPS), np.where(step >= STEPS, 0, np.maximum(step, 0))


def _drum_patterns(score: Score, bars: NDArray[Any], whole: NDArray[Any]) -> list[tuple[str, str, int, int]]:
    parts = [track.notes for track in score.tracks if track.is_drum and len(track.notes)]
    if not parts:
        return []
    notes = np.concatenate(parts)
    bar, step = _steps(notes, bars, score.ticks_per_quarter)
    names = _voices()
    grids: dict[int, dict[str, list[str]]] = {}
    usable = set(whole.tolist())
    for b, s, key, velocity in zip(
        bar.tolist(), step.tolist(), notes["pitch"].tolist(), notes["velocity"].tolist(), strict=True
    ):
        if b in usable and key in names:
            row = grids.setdefault(b, {}).setdefault(names[key], ["."] * STEPS)
            row[s] = "X" if velocity >= ACCENT else "o" if velocity < SOFT else "x"
    texts = {b: {voice: "".join(row) for voice, row in sorted(grid.items())} for b, grid in grids.items()}
    ones = Counter(json.dumps(grid) for grid in texts.values())
    twos: Counter[str] = Counter()
    for b, grid in texts.items():
        if b % 2 == 0 and b + 1 in texts and texts[b + 1] != grid:
            rest = "." * STEPS
            both = {v: f"{grid.get(v, rest)}|{texts[b + 1].get(v, rest)}" for v in sorted({*grid, *texts[b + 1]})}
            twos[json.dumps(both)] += 1
    return [("drums", text, 1, n) for text, n in ones.most_common(KEPT)] + [
        ("drums", text, 2, n) for text, n in twos.most_common(KEPT // 2) if n >= 2
    ]


def _bass_cells(
    score: Score, bars: NDArray[Any], whole: NDArray[Any], roles: Sequence[str], chords: Sequence[str]
) -> list[tuple[str, str, int, int]]:
    basses = [t for t, role in zip(score.tracks, roles, strict=True) if role == "bass" and len(t.notes)]
    if not basses:
        return []
    notes = max(basses, key=lambda track: len(track.notes)).notes
    bar, step = _steps(notes, bars, score.ticks_per_quarter)
    sixteenths = np.maximum(1, np.rint(notes["duration_ticks"] * 4 / score.ticks_per_quarter)).astype(np.int64)
    cells: dict[int, list[str]] = {}
    usable = set(whole.tolist())
    known = {name: Chord.parse(name).root for name in set(chords) if name}
    roots = [known.get(name) for name in chords]
    lowest: dict[int, int] = {}
    for b, s, length, pitch in zip(
        bar.tolist(), step.tolist(), sixteenths.tolist(), notes["pitch"].tolist(), strict=True
    ):
        root = roots[2 * b + (s >= STEPS // 2)] if 2 * b + 1 < len(roots) else None
        if b not in usable or root is None:
            continue
        cell = cells.setdefault(b, ["."] * STEPS)
        degree = (pitch - root) % 12
        home = lowest.setdefault(b, pitch) if degree == 0 else lowest.get(b)
        cell[s] = "8" if degree == 0 and home is not None and pitch >= home + 12 else _TOKENS[degree]
        for held in range(s + 1, min(STEPS, s + length)):
            cell[held] = "-"
    counted = Counter(" ".join(cell) for cell in cells.values())
    return [("bass", text, 1, n) for text, n in counted.most_common(KEPT)]
