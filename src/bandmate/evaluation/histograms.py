"""HISTOGRAMS: what Yang and Lerch hold against each other between two sets of music, one vector a piece.

Source: Yang and Lerch (2020), On the evaluation of generative models in music, section 3.1: their nine features, made
for one melody, here of the top notes of every track but drums together; note lengths in their twelve classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bandmate.evaluation.piece import Floats, Ints, Line, Piece
from bandmate.evaluation.symbolic.pieces import n_pitches_used, pitch_range

# Whole to sixteenth, dotted half to dotted sixteenth, half to eighth of triplets.
LENGTH_QUARTERS = np.array([4, 2, 1, 1 / 2, 1 / 4, 3, 3 / 2, 3 / 4, 3 / 8, 4 / 3, 2 / 3, 1 / 3])


@dataclass(frozen=True, slots=True)
class Histogram:
    """One feature: Piece -> float (size,), NaN where it does not apply."""

    name: str
    size: int
    measure: Callable[[Piece], Floats]
    words: str


def _share(counts: Ints) -> Floats:
    total = counts.sum()
    return counts / total if total else np.full(len(counts), np.nan)


def _number(value: float) -> Floats:
    return np.array([value], np.float64)


def _mean(parts: list[Ints]) -> Floats:
    together = np.concatenate(parts) if parts else np.zeros(0)
    return _number(float(together.mean()) if len(together) else np.nan)


def length_classes(p: Piece, line: Line) -> Ints:
    """Which of LENGTH_QUARTERS each note is nearest to, by ratio; int (n,)."""
    quarters = np.maximum(line.duration, 1) / p.quarter_ticks
    return np.abs(np.log2(quarters[:, None] / LENGTH_QUARTERS)).argmin(1)


def _steps(rows: list[Ints]) -> Floats:
    """Share of moves from each of twelve classes to each, note to note in every line; float (144,)."""
    flat = [row[:-1] * 12 + row[1:] for row in rows]
    return _share(np.bincount(np.concatenate(flat), minlength=144) if flat else np.zeros(144, np.int64))


def _lengths(p: Piece) -> Floats:
    rows = [length_classes(p, line) for line in p.lines]
    return _share(np.bincount(np.concatenate(rows), minlength=12) if rows else np.zeros(12, np.int64))


HISTOGRAMS: tuple[Histogram, ...] = (
    Histogram("pitch_count", 1, lambda p: _number(n_pitches_used(p) or np.nan), "Different pitches."),
    Histogram("note_count", 1, lambda p: _number(float(p.pitch_counts.sum()) or np.nan), "Notes."),
    Histogram("pitch_range", 1, lambda p: _number(pitch_range(p)), "Semitones from the lowest to the highest note."),
    Histogram("pitch_interval", 1, lambda p: _mean([np.abs(np.diff(line.pitch)) for line in p.lines]),
              "Mean semitones from note to note of a line."),
    Histogram("inter_onset", 1, lambda p: _mean([np.diff(line.ticks) for line in p.lines]) / p.quarter_ticks,
              "Mean quarters from onset to onset of a line."),
    Histogram("pitch_class_histogram", 12, lambda p: _share(p.class_counts), "Share of notes in each pitch class."),
    Histogram("pitch_class_transitions", 144, lambda p: _steps([line.pitch % 12 for line in p.lines]),
              "Share of moves of a line from each pitch class to each."),
    Histogram("note_length_histogram", 12, _lengths, "Share of notes of a line in each of twelve lengths."),
    Histogram("note_length_transitions", 144, lambda p: _steps([length_classes(p, line) for line in p.lines]),
              "Share of moves of a line from each of twelve lengths to each."),
)  # fmt: skip


def histograms_of(p: Piece) -> dict[str, Floats]:
    """Every feature of a piece by name; NaN where it does not apply (drums alone)."""
    return {histogram.name: histogram.measure(p) for histogram in HISTOGRAMS}
