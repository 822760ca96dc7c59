"""What comes again in a whole piece: bars alike, and motifs at any pitch."""

from __future__ import annotations

import numpy as np

from bandmate.evaluation.excerpt import Floats, bar_likeness
from bandmate.evaluation.piece import Ints, Line, Piece
from bandmate.evaluation.symbolic.form import best_before

MOST_BARS = 512  # held against each other, from the first on: their matrix grows with the square
MOTIF = 5  # notes of a motif
_GAPS, _MOVES = 64, 256  # twelfths of a quarter to the next note, from which all are the same; semitones, signed


def bar_similarity(p: Piece) -> Floats:
    """How alike bars are, all tracks together: strokes two share over strokes in either, by track, sixteenth and pitch.

    Args:
        p: any piece, meter changes included; of a long one the first MOST_BARS bars.

    Returns:
        Symmetric, 0..1; float (bars, bars); NaN where one of the two is empty.
    """
    bars = min(len(p.bars), MOST_BARS)
    bar, quarters = p.places
    rows = np.zeros(len(bar), [("track", "<i8"), ("cell", "<i8"), ("pitch", "<i8"), ("bar", "<i8")])
    rows["bar"], rows["cell"] = bar, np.maximum(np.rint(quarters * 4), 0)
    rows["track"] = np.repeat(np.arange(len(p.score.tracks)), [len(t.notes) for t in p.score.tracks])
    rows["pitch"] = np.concatenate([t.notes["pitch"] for t in p.score.tracks]) if len(bar) else 0
    return bar_likeness(rows[rows["bar"] < bars], bars)


def self_similarity(p: Piece) -> float:
    """Likeness of each bar to the most alike bar before it, mean from the second bar with notes on, up to bar 512."""
    best = best_before(bar_similarity(p))
    return float(best.mean()) if len(best) else np.nan


def _motifs(line: Line, quarter_ticks: int) -> Ints:
    """A number for the motif that begins at each note: its intervals and the time between its notes; int (n - 4,)."""
    gap = np.minimum(np.rint(np.diff(line.ticks) * 12 / quarter_ticks).astype(np.int64), _GAPS - 1)
    step = (np.diff(line.pitch) + _MOVES // 2) * _GAPS + gap
    found = np.zeros(max(0, len(step) - MOTIF + 2), np.int64)
    for place in range(MOTIF - 1):
        found = found * (_MOVES * _GAPS) + step[place : place + len(found)]
    return found


def _recurring(line: Line, quarter_ticks: int) -> int:
    """How many notes of a line belong to a motif that was there before, whole."""
    motif = _motifs(line, quarter_ticks)
    _, first, index = np.unique(motif, return_index=True, return_inverse=True)
    again = np.arange(len(motif)) - first[index] >= MOTIF
    inside = np.zeros(len(line) + 1, np.int64)
    np.add.at(inside, np.flatnonzero(again), 1)
    np.add.at(inside, np.flatnonzero(again) + MOTIF, -1)
    return int(np.count_nonzero(np.cumsum(inside)))


def motif_recurrence(p: Piece) -> float:
    """Share of notes inside a motif of five that the part played before at any pitch; top notes of all but drums."""
    lines = [line for line in p.lines if len(line) >= MOTIF]
    total = sum(len(line) for line in lines)
    return sum(_recurring(line, p.quarter_ticks) for line in lines) / total if total else np.nan
