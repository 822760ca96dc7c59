"""Pieces cut on bar lines into stretches that a model can look at as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.meter import place
from bandmate.score.model import Score

SEGMENT_BARS = 16
MIN_BARS = 4  # a shorter rest of a longer piece joins the segment before it


def cut(
    score: Score, bars: NDArray[Any], roles: Sequence[str], *, size: int = SEGMENT_BARS
) -> tuple[tuple[int, int, int, str], ...]:
    """Cut a piece into segments of whole bars, from its first bar that sounds.

    Args:
        score: the piece.
        bars: its bars (see `timeline.bar_grid`).
        roles: one a track.
        size: bars a segment.

    Returns:
        (first bar from 0, bars, notes, roles that sound, sorted, with blanks between), silent segments left off.
    """
    if not score.note_count:
        return ()
    counts = np.zeros((len(score.tracks), len(bars)), np.int64)
    for index, track in enumerate(score.tracks):
        if len(track.notes):
            bar = place(track.notes["onset_ticks"], bars, score.ticks_per_quarter).bar
            counts[index] = np.bincount(bar, minlength=len(bars))
    sounding = np.flatnonzero(counts.sum(0))
    first, last = int(sounding[0]), int(sounding[-1])
    segments = []
    for start, length in _spans(first, last + 1, size):
        part = counts[:, start : start + length].sum(1)
        if part.sum():
            names = sorted({role for role, notes in zip(roles, part, strict=True) if notes and role})
            segments.append((start, length, int(part.sum()), " ".join(names)))
    return tuple(segments)


def _spans(first: int, end: int, size: int) -> list[tuple[int, int]]:
    starts = list(range(first, end, size))
    spans = [(start, min(size, end - start)) for start in starts]
    if len(spans) > 1 and spans[-1][1] < MIN_BARS:
        spans[-2:] = [(spans[-2][0], spans[-2][1] + spans[-1][1])]
    return spans
